import { setTimeout as sleep } from 'node:timers/promises';
import { unavailable } from './oauth-errors.ts';

/** What is not there in time is AUTH_UNAVAILABLE. The work itself goes on. */
export async function withinDeadline<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  const over = new AbortController();
  const tooLate = sleep(milliseconds, undefined, { signal: over.signal }).then(() => {
    throw unavailable(new Error(`the identity provider was not done in ${milliseconds} ms`));
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    over.abort();
  }
}
