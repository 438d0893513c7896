import { createHmac } from 'node:crypto';

/** Makes the password that follows from the id of an attempt, of the newest key, which is the first. */
export function createPasswords([newest]: readonly Buffer[]): (attemptId: string) => string {
  if (!newest) throw new Error('there is no key to make passwords of');
  return (attemptId) => createHmac('sha256', newest).update(attemptId).digest('base64url');
}
