import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { KeeperMessage, KeeperOptions } from './keeper.ts';

export interface ForkedPostgres {
  /** The superuser's URL of the database `postgres`. */
  url: string;
  port: number;
  keeper: ChildProcess;
  stop(): Promise<void>;
}

const KEEPER = new URL('./keeper.ts', import.meta.url);

/** Postgres under a keeper of its own, so that not even a kill -9 of this process leaves a server behind. */
export async function forkPostgres(options: KeeperOptions): Promise<ForkedPostgres> {
  const keeper = fork(KEEPER, [JSON.stringify(options)], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const exited = once(keeper, 'exit');
  const answered: Promise<KeeperMessage[]> = once(keeper, 'message');
  const [message] = await Promise.race([answered, exited.then(() => [])]);
  if (!message || 'failed' in message) throw new Error(message?.failed ?? 'The keeper of Postgres ended');
  return {
    ...message.ready,
    keeper,
    stop: async () => {
      keeper.kill('SIGTERM');
      await exited;
    },
  };
}
