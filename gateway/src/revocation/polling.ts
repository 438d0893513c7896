import type { Log, RevocationsSince } from '@plinth/contracts';
import type { Confirmation } from './confirmation.ts';
import type { Epochs } from './epochs.ts';

// Asks identity for what was revoked since the last time: how a gateway without Redis hears of it, and how any gateway
// hears of what Redis has lost. It also is what confirms that there is no more to hear.

/** With the time that an answer takes, a revocation is heard of within a second. */
const INTERVAL_MS = 750;

export type AskRevocations = (after: number | undefined) => Promise<RevocationsSince>;

export interface PollingOptions {
  ask: AskRevocations;
  epochs: Epochs;
  confirmation: Confirmation;
  log: Log;
  intervalMs?: number;
}

export function startPolling(options: PollingOptions): { stop(): void } {
  const { ask, epochs, confirmation, log, intervalMs = INTERVAL_MS } = options;
  let after: number | undefined;
  let isFailing = false;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;

  /** All there is, page by page. */
  async function catchUp(): Promise<void> {
    for (;;) {
      const askedAt = confirmation.now();
      const { sequence, revocations, hasMore } = await ask(after);
      if (isStopped) return;
      if (after !== undefined && sequence < after) {
        log.warn(
          { before: after, now: sequence },
          'revocations are numbered anew: every passport is asked for again',
        );
        epochs.reset();
      }
      epochs.hear(revocations);
      after = sequence;
      if (hasMore) continue;
      confirmation.confirm(askedAt);
      return;
    }
  }

  async function poll(): Promise<void> {
    try {
      await catchUp();
      if (isFailing) log.info({}, 'revocations are confirmed again');
      isFailing = false;
    } catch (err) {
      if (!isFailing && !isStopped) log.warn({ err }, 'identity cannot be asked for revocations');
      isFailing = true;
    }
    if (!isStopped) timer = setTimeout(poll, intervalMs);
    timer?.unref();
  }

  void poll();
  return {
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
