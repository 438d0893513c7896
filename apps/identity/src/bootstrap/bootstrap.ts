import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@plinth/contracts';
import { z } from 'zod';
import { type IdentityProvider, PASSWORD_POLICY } from '../provider/provider.ts';

// The first users, made at the provider from a file at every start: who is there already stays as it is. A provider
// that is not up yet does not stop the start; it is tried again until it has answered.

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

const { minLength, maxLength } = PASSWORD_POLICY;

const bootstrapFile = z.object({
  users: z
    .array(
      z.object({
        email: z.email(),
        password: z.string().min(minLength).max(maxLength),
        displayName: z.string().optional(),
      }),
    )
    .default([]),
});

export interface Bootstrap {
  /** Fails until the users are there. */
  check(): Promise<void>;
  stop(): void;
}

async function readUsers(path: string | undefined) {
  if (path === undefined) return [];
  return bootstrapFile.parse(JSON.parse(await readFile(path, 'utf8'))).users;
}

/** Comes back after the first try, whether it worked or not. */
export async function bootstrap(
  provider: Pick<IdentityProvider, 'ensureUser'>,
  path: string | undefined,
  log: Log,
): Promise<Bootstrap> {
  const users = await readUsers(path);
  const stopped = new AbortController();
  let isDone = users.length === 0;

  async function ensureUsers(): Promise<void> {
    try {
      for (const user of users) await provider.ensureUser(user);
      isDone = true;
      log.info({ users: users.length }, 'the users of the bootstrap file are there');
    } catch (err) {
      log.warn({ err }, 'the users of the bootstrap file could not be made yet');
    }
  }

  async function retry(): Promise<void> {
    for (let wait = FIRST_WAIT_MS; !isDone; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
      await sleep(wait, undefined, { signal: stopped.signal, ref: false });
      await ensureUsers();
    }
  }

  if (!isDone) await ensureUsers();
  retry().catch((err: unknown) => log.debug({ err }, 'the bootstrap has stopped'));
  return {
    async check() {
      if (!isDone) throw new Error('the users of the bootstrap file are missing');
    },
    stop: () => stopped.abort(),
  };
}
