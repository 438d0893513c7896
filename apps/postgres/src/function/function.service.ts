import type { Call, CursorCodec } from '@plinth/contracts';
import { type CallDeps, createCallFunction } from './call.ts';
import type { CallFunction, FunctionResult } from './function.schema.ts';
import { createListFunctions } from './list.ts';
import { askedOf, resultOf } from './typed.ts';

interface FunctionDeps extends CallDeps {
  cursors: CursorCodec;
}

export function createFunctionService(deps: FunctionDeps) {
  const call = createCallFunction(deps);
  const called =
    (isRead: boolean) =>
    async (by: Call, input: CallFunction, signal?: AbortSignal): Promise<FunctionResult> =>
      resultOf(await call(by, askedOf(input, isRead, signal)));

  return { call, invoke: called(false), read: called(true), list: createListFunctions(deps) };
}

export type FunctionService = ReturnType<typeof createFunctionService>;
