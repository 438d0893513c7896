import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { isRunning, markOf } from './process-identity.ts';
import { Refusal } from './refusal.ts';

// One Plinth per home. The lock appears whole (by a hard link, which only one of two can make) and names the process that holds it;
// a lock whose process is gone is taken over.

const LOCK = 'lock';
const TRIES = 5;

const holderSchema = z.object({ pid: z.number(), identity: z.string(), gateway: z.string() });
type Holder = z.infer<typeof holderSchema>;

function readHolder(file: string): Holder | undefined {
  try {
    return holderSchema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

function linked(draft: string, file: string): boolean {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Puts a stale lock aside; if another start was quicker and this is its fresh one, puts it back. */
function putAside(file: string, stale: Holder | undefined): void {
  const aside = `${file}.${process.pid}.stale`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  if (readHolder(aside)?.identity !== stale?.identity) linked(aside, file);
  rmSync(aside, { force: true });
}

/** Holds the home for this process and returns how to let go of it. */
export function acquireLock(home: string, gateway: string): () => void {
  const file = join(home, LOCK);
  const draft = `${file}.${process.pid}`;
  const mark = markOf(process.pid);
  writeFileSync(draft, JSON.stringify({ ...mark, gateway }), { mode: 0o600 });
  try {
    for (let tries = 0; tries < TRIES; tries++) {
      if (linked(draft, file)) return () => release(file, mark?.identity);
      const holder = readHolder(file);
      if (holder && isRunning(holder)) {
        throw new Refusal(
          `Plinth already runs with this home: process ${holder.pid}, at ${holder.gateway}\n  ${home}\n` +
            'Stop that one first, or give this one a PLINTH_HOME and a PLINTH_PORT of its own.',
        );
      }
      putAside(file, holder);
    }
    throw new Refusal(`The lock of ${home} could not be taken: several Plinths are starting there at once.`);
  } finally {
    rmSync(draft, { force: true });
  }
}

function release(file: string, identity: string | undefined): void {
  if (readHolder(file)?.identity === identity) rmSync(file, { force: true });
}
