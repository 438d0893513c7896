import type { ChildProcess } from 'node:child_process';
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a process shows that it is ready: by answering 200 at a URL, or by a message over its IPC channel. */
export type Readiness =
  | { kind: 'http'; url: string }
  | { kind: 'message'; accept: (message: unknown) => boolean };

const POLL_MS = 50;
const ANSWER_MS = 2_000;

export function answersOk(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: ANSWER_MS }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}

async function polled(url: string, signal: AbortSignal): Promise<void> {
  while (!(await answersOk(url))) await sleep(POLL_MS, undefined, { signal });
}

function told(child: ChildProcess, accept: (message: unknown) => boolean): Promise<void> {
  return new Promise((resolve) => {
    child.on('message', (message: unknown) => {
      if (accept(message)) resolve();
    });
  });
}

export async function waitUntilReady(
  readiness: Readiness,
  child: ChildProcess,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<'ready' | 'late' | 'over'> {
  const settled = new AbortController();
  const over = AbortSignal.any([settled.signal, signal]);
  const ready = readiness.kind === 'http' ? polled(readiness.url, over) : told(child, readiness.accept);
  try {
    return await Promise.race([
      ready.then(() => (signal.aborted ? 'over' : 'ready')),
      sleep(timeoutMs, 'late' as const, { signal: over }),
    ]);
  } catch {
    return 'over';
  } finally {
    settled.abort();
  }
}
