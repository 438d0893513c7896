import { type AppError, toErrorBody } from '@plinth/contracts';

// A typed client reads a refusal at the gateway like one of its service: a batch is refused call by call.

export function toTypedErrorBody(
  error: AppError,
  correlationId: string,
  path: string,
  search: string,
): object {
  const body = toErrorBody('typed', error, correlationId);
  return isBatch(search)
    ? Array.from({ length: Math.min(callsOf(path, search), MAX_BATCH) }, () => body)
    : body;
}

export const MAX_BATCH = 20;

export const isBatch = (search: string): boolean => /[?&]batch=1(?:&|$)/.test(search);

/** A batch names its calls in the path, with commas between them. */
export function callsOf(path: string, search: string): number {
  if (!isBatch(search)) return 1;
  const names = path.slice(path.lastIndexOf('/') + 1);
  return names.split(/,|%2c/i).length;
}
