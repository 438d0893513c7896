import type { ErrorCode } from '@plinth/contracts';
import { TRPCClientError } from '@trpc/client';
import { isRecord, PlinthError } from './plinth-error.ts';
import { badAnswer } from './send.ts';

type Facts = Record<string, unknown>;

const stringIn = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const numberIn = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** A code that this client does not know yet, from a newer server, is passed on as it is. */
function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string';
}

/** What an answer says of an error, in the words of `TypedErrorData`. */
export function fromErrorData(message: unknown, data: Facts, answer: Facts): PlinthError | undefined {
  if (!isErrorCode(data.code)) return undefined;
  return new PlinthError(data.code, {
    message: stringIn(message) ?? data.code,
    status: numberIn(data.httpStatus) ?? numberIn(answer.status),
    correlationId: stringIn(data.correlationId),
    details: isRecord(data.details) ? data.details : undefined,
    retryAfter: numberIn(data.retryAfter) ?? numberIn(answer.retryAfter),
  });
}

/** Whatever tRPC threw. */
export function toPlinthError(thrown: unknown): PlinthError {
  if (thrown instanceof PlinthError) return thrown;
  if (!(thrown instanceof TRPCClientError)) return unforeseen(thrown, {});
  if (thrown.cause instanceof PlinthError) return thrown.cause;
  const response = thrown.meta?.response;
  const answer = isRecord(response) ? response : {};
  const data: unknown = thrown.data;
  const known = isRecord(data) ? fromErrorData(thrown.message, data, answer) : undefined;
  return known ?? unforeseen(thrown, answer);
}

function unforeseen(cause: unknown, answer: Facts): PlinthError {
  return badAnswer({
    status: numberIn(answer.status) ?? 0,
    retryAfter: numberIn(answer.retryAfter),
    cause,
  });
}
