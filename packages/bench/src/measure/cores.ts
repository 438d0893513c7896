import { availableParallelism } from 'node:os';
import { childrenOf } from '@plinth/local';
import { run } from '@plinth/testing/systems/command';

// On a machine that does nothing else, rounds are most alike when the load generator has one core and what is measured
// another. On a busy one the scheduler finds the core that is free, and does better.

export interface Cores {
  /** Before the command of the load generator. */
  loadPrefix: readonly string[];
  measured(pid: number): Promise<void>;
  /** Beside the load generator; measuring it later does not bring it back. */
  aside(pid: number): Promise<void>;
}

const anywhere: Cores = { loadPrefix: [], measured: async () => {}, aside: async () => {} };

export function assignCores(pinned: boolean): Cores {
  if (!pinned || process.platform !== 'linux' || availableParallelism() < 2) return anywhere;
  const pin = async (core: number, pid: number): Promise<void> => {
    await run('taskset', ['--all-tasks', '--cpu-list', '--pid', `${core}`, `${pid}`]);
    for (const child of childrenOf(pid)) await pin(core, child);
  };
  const pidsAside = new Set<number>();
  return {
    loadPrefix: ['taskset', '--cpu-list', '0'],
    async measured(pid) {
      if (!pidsAside.has(pid)) await pin(1, pid);
    },
    async aside(pid) {
      pidsAside.add(pid);
      await pin(availableParallelism() > 2 ? 2 : 0, pid);
    },
  };
}
