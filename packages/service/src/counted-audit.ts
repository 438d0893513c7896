import type { AuditEntry, AuditedCall, Log } from '@plinth/contracts';
import { type Queryable, recordAudit } from '@plinth/database';

// What somebody may cause as often as they like (a refusal, a failed sign-in) must not write as many rows: the first of
// a kind is written at once, what follows within the minute is counted and written as one.

const WINDOW_MS = 60_000;
const MAX_TRACKED = 10_000;
/** Where more kinds than can be told apart are counted together. */
const OVERFLOW = '';

interface Tracked {
  call: AuditedCall;
  entry: AuditEntry;
  repeats: number;
}

export interface CountedAudit {
  /** `kind`: what is counted together. */
  record(kind: string, call: AuditedCall, entry: AuditEntry): void;
  close(): Promise<void>;
}

export function createCountedAudit(database: Queryable, log: Log): CountedAudit {
  const tracked = new Map<string, Tracked>();
  const underWay = new Set<Promise<void>>();

  async function write({ call, entry }: Tracked, times: number): Promise<void> {
    try {
      await recordAudit(database, call, { ...entry, changes: { ...entry.changes, times } });
    } catch (err) {
      log.error({ err, operation: call.operation }, 'an audit entry could not be written');
    }
  }

  async function flush(): Promise<void> {
    const repeated = [...tracked.values()].filter(({ repeats }) => repeats > 0);
    tracked.clear();
    for (const one of repeated) await write(one, one.repeats);
  }

  const timer = setInterval(flush, WINDOW_MS);
  timer.unref();

  return {
    record(kind, call, entry) {
      const key = tracked.size < MAX_TRACKED || tracked.has(kind) ? kind : OVERFLOW;
      const known = tracked.get(key);
      if (known) {
        known.repeats++;
        return;
      }
      const first: Tracked = { call, entry, repeats: 0 };
      tracked.set(key, first);
      const writing = write(first, 1).finally(() => underWay.delete(writing));
      underWay.add(writing);
    },
    async close() {
      clearInterval(timer);
      await Promise.all(underWay);
      await flush();
    },
  };
}
