import { createHmac } from 'node:crypto';

/**
 * Makes the secret that follows from the id of an attempt, so that the attempt, repeated after a crash, finds the one that it gave
 * away. It is made of the newest key, which is the first.
 */
export function createAttemptSecrets([newest]: readonly Buffer[]): (attemptId: string) => string {
  if (!newest) throw new Error('there is no key to make secrets of');
  return (attemptId) => createHmac('sha256', newest).update(attemptId).digest('base64url');
}
