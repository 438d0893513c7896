import { createHmac } from 'node:crypto';

/** Makes the secret that follows from the id of an attempt. They are made of the newest key, which is the first. */
export function createClientSecrets(keys: readonly Buffer[]): (attemptId: string) => string {
  return (attemptId) => {
    const [newest] = keys;
    if (!newest) throw new Error('there is no key to make secrets of');
    return createHmac('sha256', newest).update(attemptId).digest('base64url');
  };
}
