import type { Call } from '@plinth/contracts';
import { type NativeHandler, oneHeader } from '@plinth/service';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { leaving, partsOf, send, textIn } from '../native-request.ts';
import { callBodyOf, parseCallBody } from '../request/body/call-body.ts';
import { parseAccept } from '../request/media-types.ts';
import { parsePreferences } from '../request/preferences.ts';
import { narrow, parseRange } from '../request/row-range.ts';
import { parseCallUrl, parseRowsUrl } from '../request/rows-url.ts';
import { answerToCall } from './answer.ts';
import type { AskedCall } from './call.ts';
import type { FunctionService } from './function.service.ts';

// Functions over HTTP. By GET the arguments are in the URL, and what has an operator filters what comes back.

const nameIn = ({ params }: FastifyRequest): string => (params as { function: string }).function;

type Given = Pick<AskedCall, 'url' | 'arguments'>;

function inUrl(query: string): Given {
  const { url, arguments: given } = parseCallUrl(query);
  return { url, arguments: callBodyOf(given) };
}

const inBody = (query: string, body: string | undefined): Given => ({
  url: parseRowsUrl(query),
  arguments: parseCallBody(body ?? ''),
});

export function functionNatives(functions: FunctionService): Record<string, NativeHandler> {
  async function answer(call: Call, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { method, path, query } = partsOf(request);
    const { headers } = request;
    const preferences = parsePreferences(oneHeader(headers.prefer));
    const representation = parseAccept(headers.accept);
    const isRead = method !== 'POST';
    const body = isRead ? undefined : textIn(request);
    const given = isRead ? inUrl(query) : inBody(query, body);
    const url = narrow(given.url, parseRange(headers.range, oneHeader(headers['range-unit'])));
    const called = await functions.call(call, {
      name: nameIn(request),
      arguments: given.arguments,
      url,
      preferences,
      isRead,
      shape: shapeOf(method, representation.format === 'object'),
      isTabular: representation.format === 'csv',
      stripsNulls: representation.stripsNulls,
      content: [query, oneHeader(headers.prefer) ?? '', headers.accept ?? '', body ?? ''],
      method,
      path,
      signal: leaving(reply),
    });
    return send(request, reply, answerToCall(called, { url, preferences, representation }));
  }

  return { 'function.invoke': answer, 'function.read': answer };
}

const shapeOf = (method: string, isOne: boolean): AskedCall['shape'] => {
  if (method === 'HEAD') return 'none';
  return isOne ? 'one' : 'list';
};
