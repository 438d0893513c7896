import { PlinthError } from './plinth-error.ts';
import { parseRetryAfter } from './retry.ts';
import { timeLimit } from './time-limit.ts';

export type Fetch = typeof globalThis.fetch;

/** An answer that was read to its end, so that nothing after this can hang or break off. */
export interface Answer {
  readonly ok: boolean;
  readonly status: number;
  /** Seconds. */
  readonly retryAfter: number | undefined;
  json(): Promise<unknown>;
}

export interface SendOptions {
  fetch: Fetch;
  timeoutMs: number;
}

/** Browsers want `fetch` called on its own global. */
export const globalFetch: Fetch = (input, init) => globalThis.fetch(input, init);

/** One request within its time. */
export async function send(
  url: string,
  init: RequestInit,
  { fetch, timeoutMs }: SendOptions,
): Promise<Answer> {
  const limit = timeLimit(timeoutMs, init.signal);
  try {
    const response = await fetch(url, { ...init, signal: limit.signal });
    const text = await response.text();
    const { ok, status } = response;
    const retryAfter = parseRetryAfter(response.headers.get('retry-after'));
    return { ok, status, retryAfter, json: async () => parse(text, { status, retryAfter }) };
  } catch (cause) {
    if (limit.isOver()) {
      throw new PlinthError('TIMEOUT', { message: `No answer within ${timeoutMs} ms`, cause });
    }
    if (init.signal?.aborted) throw new PlinthError('ABORTED', { message: 'The call was aborted', cause });
    throw new PlinthError('NETWORK', { message: 'The server could not be reached', cause });
  } finally {
    limit.clear();
  }
}

function parse(text: string, facts: { status: number; retryAfter: number | undefined }): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw badAnswer({ ...facts, cause });
  }
}

export function badAnswer(facts: {
  status: number;
  retryAfter: number | undefined;
  cause?: unknown;
}): PlinthError {
  const message = `Not an answer of Plinth (status ${facts.status}): is the URL right, or a proxy in the way?`;
  return new PlinthError('BAD_ANSWER', { ...facts, message });
}
