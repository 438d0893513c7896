import { AppError, ERROR_CODES, type ErrorCode } from '@plinth/contracts';
import { z } from 'zod';

// What can go wrong between two services, as the one error type that callers know. Mapped here and nowhere else.

const errorCode = z.custom<ErrorCode>((value) => ERROR_CODES.some((code) => code === value));

const failure = z.object({
  error: z.object({
    message: z.string(),
    data: z.object({
      code: errorCode,
      details: z.record(z.string(), z.unknown()).optional(),
      retryAfter: z.number().optional(),
    }),
  }),
});

const success = z.object({ result: z.object({ data: z.unknown().optional() }) });

/** The result in the body, or the remote error thrown as if it had happened here. */
export function readAnswer(peer: string, status: number, body: string): unknown {
  const parsed = parseJson(body);
  const answered = success.safeParse(parsed);
  if (status < 300 && answered.success) return answered.data.result.data;
  const failed = failure.safeParse(parsed);
  if (!failed.success || status < 300) {
    throw new AppError('BAD_GATEWAY', {
      cause: new Error(`${peer} answered ${status}: ${body.slice(0, 200)}`),
    });
  }
  const { message, data } = failed.data.error;
  throw new AppError(data.code, {
    message,
    ...(data.details && { details: data.details }),
    ...(data.retryAfter !== undefined && { retryAfter: data.retryAfter }),
    cause: new Error(`${peer} answered ${status} ${data.code}`),
  });
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Nothing was sent, so a repeat is always safe. */
const REFUSED = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]);
/** The connection broke: the peer may or may not have acted. */
const BROKEN = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);
const TOO_SLOW = new Set(['ETIMEDOUT']);

export type ConnectionFault = 'refused' | 'broken' | 'tooSlow' | undefined;

export function connectionFaultOf(error: unknown): ConnectionFault {
  const code = codeOf(error);
  if (REFUSED.has(code)) return 'refused';
  if (BROKEN.has(code)) return 'broken';
  return TOO_SLOW.has(code) ? 'tooSlow' : undefined;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
