import { parseCallBody } from '../request/body/call-body.ts';
import { parsePreferences } from '../request/preferences.ts';
import { urlOf } from '../rows/typed.ts';
import type { AskedCall, Called } from './call.ts';
import type { CallFunction, FunctionResult } from './function.schema.ts';

/** The typed call in the words of the URL and the body. */
export function askedOf(input: CallFunction, isRead: boolean, signal: AbortSignal | undefined): AskedCall {
  const { workspaceId, function: name, select, where, order, limit, offset } = input;
  return {
    name,
    arguments: parseCallBody(JSON.stringify(input.arguments)),
    url: urlOf({ select, order, limit, offset }, where),
    preferences: parsePreferences(undefined),
    isRead,
    shape: 'list',
    isTabular: false,
    stripsNulls: false,
    // The input, which the call itself knows, is all there is.
    content: [],
    method: isRead ? 'GET' : 'POST',
    path: `/v1/postgres/${workspaceId}/rpc/${name}`,
    signal,
  };
}

export const resultOf = ({ body }: Called): FunctionResult => ({
  result: body === null ? null : JSON.parse(body),
});
