import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { acquireLock } from './lock.ts';
import { Refusal } from './refusal.ts';

// The state folder: everything this Plinth knows is in it, nothing else is, and only its owner can read it.

export interface Home {
  dir: string;
  masterKey: string;
  keysDir: string;
  postgresDir: string;
  postgresPort: string;
  bootstrapFile: string;
  localFile: string;
  /** The processes that this Plinth started last. */
  processesFile: string;
}

const MARKER = 'plinth-home';
const FORMAT = '1';
const MASTER_KEY_BYTES = 32;

/** All that a reset may delete; `postgres*` are the data directory and what its keeper lays beside it. */
const CONTENT = [
  MARKER,
  'bootstrap.json',
  'keys',
  'local.json',
  'master-key',
  'postgres',
  'postgres.initdb',
  'postgres.new',
  'postgres.password',
  'postgres.port',
  'processes.json',
];

const isLock = (entry: string): boolean => entry === 'lock' || entry.startsWith('lock.');

const draftOf = (file: string): string => `${file}.tmp`;

/** By rename, so that a crash leaves the old file or the new one. */
export function writePrivately(file: string, text: string): void {
  const draft = draftOf(file);
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, file);
}

function refuseForeign(dir: string): void {
  const entries = readdirSync(dir).filter((entry) => !isLock(entry));
  if (!entries.includes(MARKER)) {
    if (entries.length === 0) return;
    throw new Refusal(
      `${dir} is not empty and not a Plinth home, so nothing in it is touched.\nSet PLINTH_HOME to a folder that Plinth can have for itself.`,
    );
  }
  const format = readFileSync(join(dir, MARKER), 'utf8').trim();
  if (format !== FORMAT) {
    throw new Refusal(
      `${dir} was made by another version of Plinth (format ${format}, this one knows ${FORMAT}).`,
    );
  }
}

function readOrMakeMasterKey(file: string): string {
  if (!existsSync(file)) writePrivately(file, `v1:${randomBytes(MASTER_KEY_BYTES).toString('base64')}\n`);
  return readFileSync(file, 'utf8').trim();
}

/** Takes the folder for this process, making it first if need be. Two at once: the second is told who holds it. */
export function holdHome(dir: string, gateway: string): () => void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  refuseForeign(dir);
  const release = acquireLock(dir, gateway);
  // Postgres does not run as root but as a user of its own, who has to pass through; the files stay closed to all but root.
  chmodSync(dir, process.getuid?.() === 0 ? 0o711 : 0o700);
  writePrivately(join(dir, MARKER), `${FORMAT}\n`);
  return release;
}

/** Deletes what Plinth has made in a folder that this process holds. Returns what was left because it is not ours. */
export function emptyHome(dir: string): string[] {
  for (const entry of CONTENT) {
    for (const name of [entry, draftOf(entry)]) {
      rmSync(join(dir, name), { recursive: true, force: true, maxRetries: 5 });
    }
  }
  writePrivately(join(dir, MARKER), `${FORMAT}\n`);
  return readdirSync(dir).filter((entry) => entry !== MARKER && !isLock(entry));
}

export const processesFileOf = (dir: string): string => join(dir, 'processes.json');

export function openHome(dir: string): Home {
  return {
    dir,
    masterKey: readOrMakeMasterKey(join(dir, 'master-key')),
    keysDir: join(dir, 'keys'),
    postgresDir: join(dir, 'postgres'),
    postgresPort: join(dir, 'postgres.port'),
    bootstrapFile: join(dir, 'bootstrap.json'),
    localFile: join(dir, 'local.json'),
    processesFile: processesFileOf(dir),
  };
}
