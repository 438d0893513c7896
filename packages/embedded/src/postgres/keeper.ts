import { rm } from 'node:fs/promises';
import { type EmbeddedPostgresOptions, startEmbeddedPostgres } from './start.ts';

// The process that owns an embedded Postgres: `node keeper.ts <json options>`, with an IPC channel to its parent.
// It tells the parent `{ready: {url, port}}` or `{failed: message}`, and stops Postgres on SIGTERM, SIGINT, or when the
// channel closes, which even a kill -9 of the parent does. Killed itself, the next start on the directory cleans up.

export interface KeeperOptions extends Omit<EmbeddedPostgresOptions, 'log'> {
  /** Removes the data directory at the end: for tests. */
  temporary?: boolean;
}

export type KeeperMessage = { ready: { url: string; port: number } } | { failed: string };

// A parent that was killed takes the other end of these with it; that must not stop us before Postgres is stopped.
for (const output of [process.stdout, process.stderr]) output.on('error', () => {});

const tell = (message: KeeperMessage): void => {
  if (process.connected) process.send?.(message, () => {});
};

const stopRequested = new Promise<'stop'>((stop) => {
  for (const event of ['SIGTERM', 'SIGINT', 'disconnect']) process.on(event, () => stop('stop'));
});

async function keep({ temporary, ...options }: KeeperOptions): Promise<void> {
  const postgres = await startEmbeddedPostgres({ ...options, log: (line) => console.log(line) });
  tell({ ready: { url: postgres.url, port: postgres.port } });
  const ended = await Promise.race([stopRequested, postgres.exited]);
  if (ended === 'stop') await postgres.stop();
  if (temporary) {
    for (const path of [options.dataDir, `${options.dataDir}.password`]) {
      await rm(path, { recursive: true, force: true });
    }
  }
  if (ended !== 'stop') throw new Error('Postgres ended by itself');
}

try {
  await keep(JSON.parse(process.argv[2] ?? '{}'));
} catch (error) {
  console.error(error);
  tell({ failed: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
}
if (process.connected) process.disconnect();
