import type { EventEmitter } from 'node:events';
import type { Epochs, Grant } from './epochs.ts';

// A stream may stay open for hours on the passport that it began with: it ends when that is revoked.

export interface OpenStreams {
  /** Until the caller's side closes. */
  watch(grant: Grant, caller: EventEmitter, end: () => void): void;
}

export function createOpenStreams(epochs: Epochs): OpenStreams {
  const open = new Map<EventEmitter, { grant: Grant; end: () => void }>();
  let isDue = false;

  function endRevoked(): void {
    isDue = false;
    for (const { grant, end } of open.values()) if (!epochs.isCurrent(grant)) end();
  }

  function check(): void {
    if (isDue || open.size === 0) return;
    isDue = true;
    setImmediate(endRevoked);
  }

  epochs.onNews(check);
  return {
    watch(grant, caller, end) {
      if (grant.subjects.length === 0) return;
      open.set(caller, { grant, end });
      caller.once('close', () => open.delete(caller));
      if (!epochs.isCurrent(grant)) check();
    },
  };
}
