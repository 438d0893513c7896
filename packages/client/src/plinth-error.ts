import type { ErrorCode, FieldError } from '@plinth/contracts';

/**
 * What can go wrong before or instead of an answer: no connection, no answer in time, given up by the caller, an answer
 * that is not one of Plinth's, or a token function that threw.
 */
export type ClientErrorCode = 'NETWORK' | 'TIMEOUT' | 'ABORTED' | 'BAD_ANSWER' | 'AUTH_FAILED';

export type PlinthErrorCode = ErrorCode | ClientErrorCode;

export interface PlinthErrorFacts {
  message: string;
  /** The HTTP status; 0 where no answer came. */
  status?: number | undefined;
  correlationId?: string | undefined;
  details?: Readonly<Record<string, unknown>> | undefined;
  /** Seconds. */
  retryAfter?: number | undefined;
  cause?: unknown;
}

/** The one error that calls reject with. */
export class PlinthError<Code extends PlinthErrorCode = PlinthErrorCode> extends Error {
  override readonly name = 'PlinthError';
  readonly code: Code;
  readonly status: number;
  /** What to name when asking for help: the id that all logs of the call carry. */
  readonly correlationId: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
  readonly fieldErrors: readonly FieldError[];
  readonly retryAfter: number | undefined;

  constructor(code: Code, facts: PlinthErrorFacts) {
    super(facts.message, { cause: facts.cause });
    this.code = code;
    this.status = facts.status ?? 0;
    this.correlationId = facts.correlationId;
    this.details = facts.details ?? {};
    this.fieldErrors = fieldErrorsIn(this.details);
    this.retryAfter = facts.retryAfter;
  }
}

/** With codes, narrows to them: `isPlinthError(error, 'SLUG_TAKEN')`. */
export function isPlinthError<Code extends PlinthErrorCode = PlinthErrorCode>(
  value: unknown,
  ...codes: readonly Code[]
): value is PlinthError<Code> {
  return value instanceof PlinthError && (codes.length === 0 || codes.some((code) => code === value.code));
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object';
}

function isFieldError(value: unknown): value is FieldError {
  return isRecord(value) && typeof value.path === 'string' && typeof value.message === 'string';
}

function fieldErrorsIn({ fields }: Readonly<Record<string, unknown>>): FieldError[] {
  return Array.isArray(fields) ? fields.filter(isFieldError) : [];
}
