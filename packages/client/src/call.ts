import type { Credential } from './auth/credential.ts';
import { isPlinthError, PlinthError } from './plinth-error.ts';
import { randomId } from './random-id.ts';
import { backoffMs, fractionOf, isWorthRetrying } from './retry.ts';
import { pause, type TimeLimit, timeLimit, untilAborted } from './time-limit.ts';
import { toPlinthError } from './to-plinth-error.ts';
import type { Envelope, Request, Transport } from './transport.ts';

// One call from beginning to end: its attempts share one correlation id, one idempotency key and one deadline.

export interface CallOptions {
  signal?: AbortSignal | undefined;
  context?: {
    /** A mutation's key, where it must outlive this call: made by the caller and kept with the action. */
    idempotencyKey?: string | undefined;
  };
}

export interface RetryInfo {
  service: string;
  /** As `tenant.create`. */
  path: string;
  /** 1 before the first retry. */
  retry: number;
  delayMs: number;
  error: PlinthError;
}

export interface CallSettings {
  transport: Transport;
  credential: Credential;
  retries: number;
  deadlineMs: number;
  onRetry: (info: RetryInfo) => void;
}

export async function call(
  request: Request,
  { signal, context }: CallOptions,
  settings: CallSettings,
): Promise<unknown> {
  const isMutation = request.type === 'mutation';
  const envelope: Envelope = {
    correlationId: randomId(),
    idempotencyKey: isMutation ? (context?.idempotencyKey ?? randomId()) : undefined,
    authorization: '',
  };
  const limit = timeLimit(settings.deadlineMs, signal);
  try {
    return await attempts(request, envelope, limit, settings);
  } catch (thrown) {
    throw named(ended(thrown, limit, settings.deadlineMs), envelope);
  } finally {
    limit.clear();
  }
}

async function attempts(
  request: Request,
  envelope: Envelope,
  { signal }: TimeLimit,
  { transport, credential, retries, deadlineMs, onRetry }: CallSettings,
): Promise<unknown> {
  const endsAt = Date.now() + deadlineMs;

  async function attempt(): Promise<unknown> {
    signal.throwIfAborted();
    envelope.authorization = await untilAborted(credential.authorization(), signal);
    try {
      return await untilAborted(transport.request(request, envelope, signal), signal);
    } catch (thrown) {
      const error = toPlinthError(thrown);
      if (!credential.renewable || !isPlinthError(error, 'TOKEN_EXPIRED', 'TOKEN_INVALID')) throw error;
      const renewed = await untilAborted(credential.authorization(envelope.authorization), signal);
      if (renewed === envelope.authorization) throw error;
      envelope.authorization = renewed;
      return await untilAborted(transport.request(request, envelope, signal), signal);
    }
  }

  for (let retry = 0; ; retry++) {
    try {
      return await attempt();
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      const error = toPlinthError(thrown);
      const delayMs = backoffMs(retry, error.retryAfter, fractionOf(envelope.correlationId, retry));
      const isTooLate = Date.now() + delayMs >= endsAt;
      if (retry >= retries || isTooLate || !isWorthRetrying(error)) throw error;
      onRetry({ service: request.service, path: request.path, retry: retry + 1, delayMs, error });
      await pause(delayMs, signal);
    }
  }
}

function ended(thrown: unknown, limit: TimeLimit, deadlineMs: number): PlinthError {
  if (limit.isOver()) {
    return new PlinthError('TIMEOUT', { message: `No answer within ${deadlineMs} ms`, cause: thrown });
  }
  if (limit.signal.aborted) {
    return new PlinthError('ABORTED', { message: 'The call was aborted', cause: thrown });
  }
  return toPlinthError(thrown);
}

/** Every error names the call, also one that no server saw. */
function named(error: PlinthError, { correlationId }: Envelope): PlinthError {
  if (error.correlationId !== undefined) return error;
  const { code, message, status, details, retryAfter, cause } = error;
  return new PlinthError(code, { message, status, correlationId, details, retryAfter, cause });
}
