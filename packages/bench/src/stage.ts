import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StartOptions } from '@plinth/testing/systems/system';
import type { Cores } from './measure/cores.ts';
import type { Stage, Stoppable } from './scenario.ts';

export interface OpenStage extends Stage {
  leftOut: string[];
  close(): Promise<void>;
}

export async function openStage(
  options: StartOptions & { cores: Cores; peers: boolean; profiles: string | undefined },
): Promise<OpenStage> {
  const { cores, log } = options;
  const folder = await mkdtemp(join(tmpdir(), 'plinth-bench-'));
  const kept: Stoppable[] = [];
  const leftOut: string[] = [];
  return {
    ...options,
    folder,
    leftOut,
    keep(started) {
      kept.push(started);
      return started;
    },
    async installed(name, install) {
      try {
        return await install();
      } catch (error) {
        options.signal.throwIfAborted();
        const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
        leftOut.push(`${name}: ${reason}`);
        log(`${name} is left out: ${reason}`);
        return undefined;
      }
    },
    aside: (pid) => cores.aside(pid),
    async close() {
      const failures: unknown[] = [];
      for (const each of kept.reverse()) await each.stop().catch((error) => failures.push(error));
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
      if (failures.length > 0) throw failures[0];
    },
  };
}
