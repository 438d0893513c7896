import { AppError } from '@plinth/contracts';
import { createClaimedMutate, type OutsideEffect } from '../claimed-mutate.ts';
import { createDatabase } from '../database.ts';
import { createMutate } from '../mutate.ts';
import { silentLog } from '../test-log.ts';
import { outsideThing } from './outside.ts';
import { callOf, KEYS, makeThing } from './calls.ts';

// A process that makes things when it is told to, and can be made to crash at a point of that.

export type Kind = 'plain' | 'claimed';

export interface Order {
  id: number;
  kind: Kind;
  name: string;
  /** Where it crashes, if it does. */
  crashAt?: string | undefined;
}

export interface Answer {
  id: number;
  /** `done`, or the code of the error. */
  outcome: string;
  result?: unknown;
  replayed: boolean;
}

const url = process.argv[2] ?? '';
const database = createDatabase({ url, log: silentLog, queueTimeoutMs: 5_000 });
const outside = createDatabase({ url, log: silentLog, queueTimeoutMs: 5_000 });
const mutate = createMutate(database, { log: silentLog, keys: KEYS });
const claimed = createClaimedMutate(database, { log: silentLog, keys: KEYS, graceMs: 200 });

function run({ kind, name, crashAt }: Order, call: ReturnType<typeof callOf>): Promise<unknown> {
  const crash = (point: string): void => {
    if (point === crashAt) process.kill(process.pid, 'SIGKILL');
  };
  if (kind === 'plain') {
    return mutate(call, async (tx) => {
      const effect = await makeThing(tx, name);
      crash('changed');
      return effect;
    }).finally(() => crash('committed'));
  }
  const { act } = outsideThing(outside, name);
  const steps: OutsideEffect<unknown, string> = {
    timeoutMs: 200,
    async act(attempt) {
      crash('claimed');
      const id = await act(attempt);
      crash('acted');
      return id;
    },
    async complete(tx) {
      const effect = await makeThing(tx, name);
      crash('completing');
      return effect;
    },
  };
  return claimed(call, steps).finally(() => crash('completed'));
}

process.on('message', async (order: Order) => {
  const call = callOf({ idempotencyKey: `key-${order.name}`, body: order.name });
  const answer: Answer = await run(order, call).then(
    (result) => ({ id: order.id, outcome: 'done', result, replayed: call.replay !== undefined }),
    (error) => ({
      id: order.id,
      outcome: error instanceof AppError ? error.code : String(error),
      replayed: false,
    }),
  );
  process.send?.(answer);
});
process.on('disconnect', () => process.exit(0));

await database.ping();
process.send?.('ready');
