import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Answer, Order } from './worker.ts';

// Two replicas of a service that crash, and come up again. Whoever waited for an answer is told that its connection broke.

const PROGRAM = fileURLToPath(new URL('./worker.ts', import.meta.url));

interface Worker {
  child: ChildProcess;
  /** It takes orders, or it is gone already. */
  up: Promise<unknown>;
  isGone: boolean;
  ended: Promise<unknown>;
  /** Who waits for an answer of it. */
  waiting: Map<number, (answer: Answer | 'broken') => void>;
}

export function startCrashingWorkers(url: string) {
  let orders = 0;
  let kills = 0;
  let isClosing = false;

  function start(at: 0 | 1): Worker {
    const child = fork(PROGRAM, [url], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const ended = once(child, 'exit');
    const worker: Worker = {
      child,
      ended,
      up: Promise.race([once(child, 'message'), ended]),
      isGone: false,
      waiting: new Map(),
    };
    child.on('message', (message: Answer | 'ready') => {
      if (message === 'ready') return;
      worker.waiting.get(message.id)?.(message);
      worker.waiting.delete(message.id);
    });
    child.once('exit', () => {
      worker.isGone = true;
      for (const settle of worker.waiting.values()) settle('broken');
      if (isClosing) return;
      kills += 1;
      workers[at] = start(at);
    });
    return worker;
  }

  const workers: [Worker, Worker] = [start(0), start(1)];

  return {
    kills: () => kills,
    async send(order: Omit<Order, 'id'>, at: 0 | 1): Promise<Answer | 'broken'> {
      const worker = workers[at];
      await worker.up;
      if (worker.isGone) return 'broken';
      const id = ++orders;
      const { promise, resolve } = Promise.withResolvers<Answer | 'broken'>();
      worker.waiting.set(id, resolve);
      worker.child.send({ ...order, id }, (error) => error && resolve('broken'));
      return promise;
    },
    kill: (at: 0 | 1) => workers[at].child.kill('SIGKILL'),
    async close(): Promise<void> {
      isClosing = true;
      for (const { child } of workers) child.kill('SIGKILL');
      await Promise.all(workers.map(({ ended }) => ended));
    },
  };
}

export type CrashingWorkers = ReturnType<typeof startCrashingWorkers>;
