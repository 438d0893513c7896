import { inspect } from 'node:util';
import { z } from 'zod';

/**
 * What is shown once: a new API key, a client or webhook secret. Whatever makes one makes a `Secret`, which nothing can
 * write down: no record, audit entry, event or log line. mutate() alone opens those in the fields of a result.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }

  toJSON(): never {
    throw new Error('a secret is about to be written down');
  }
}

type SecretKeys<T> = {
  [K in keyof T]-?: [Extract<T[K], Secret>] extends [never] ? never : K;
}[keyof T];

/** A result as its caller sees it: a secret, or null in a replay that comes too late for it. */
export type Shown<T> = [SecretKeys<T>] extends [never]
  ? T
  : Omit<T, SecretKeys<T>> & { [K in SecretKeys<T>]: string | null } & {
      secretState?: 'delivered_or_expired';
    };

/** The field of an output that has secrets, each a nullable string. */
export const secretState = z.literal('delivered_or_expired').optional().meta({
  description:
    'Only in a replay that comes more than ten minutes after the first answer: its secrets are null, and cannot be shown again.',
});
