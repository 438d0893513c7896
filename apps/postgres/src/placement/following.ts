import type { Log } from '@plinth/contracts';
import type { Placements } from './placement.service.ts';

// Once a second: what tenancy says goes into the rows of placements, and the clusters are brought to what the rows say. A cluster
// that is slow or away keeps neither the rows nor the other clusters waiting.

const INTERVAL_MS = 1_000;

interface FollowingOptions {
  placements: Pick<Placements, 'follow' | 'sweep'>;
  log: Log;
  intervalMs?: number;
}

export function startFollowing({ placements, log, intervalMs = INTERVAL_MS }: FollowingOptions): {
  stop(): Promise<void>;
} {
  let isFailing = false;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();

  async function round(): Promise<void> {
    try {
      await placements.follow();
      if (isFailing) log.info({}, 'tenancy says again which workspaces may be used');
      isFailing = false;
    } catch (err) {
      if (!isFailing && !isStopped) log.warn({ err }, 'tenancy cannot be asked which workspaces may be used');
      isFailing = true;
    }
    void placements.sweep();
    if (isStopped) return;
    timer = setTimeout(begin, intervalMs);
    timer.unref();
  }

  function begin(): void {
    running = round();
  }

  begin();
  return {
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
