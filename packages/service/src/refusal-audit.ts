import type { AppError, Call, Log } from '@plinth/contracts';
import { type Queryable, recordAudit } from '@plinth/database';

// Every refusal for lack of permission is audited, but a caller that is refused a thousand times a minute must not write
// a thousand rows: the first is written at once, what follows within the minute is counted and written as one.

const WINDOW_MS = 60_000;
const MAX_TRACKED = 10_000;

interface Tracked {
  call: Call;
  error: AppError;
  repeats: number;
}

export interface RefusalAudit {
  record(call: Call, error: AppError): void;
  close(): Promise<void>;
}

export function createRefusalAudit(database: Queryable, log: Log): RefusalAudit {
  const tracked = new Map<string, Tracked>();

  async function write(call: Call, error: AppError, times: number): Promise<void> {
    const target = { kind: 'operation', id: call.operation };
    const changes = { code: error.code, times, ...error.details };
    try {
      await recordAudit(database, call, { target, outcome: 'denied', changes });
    } catch (err) {
      log.error({ err, code: error.code, operation: call.operation }, 'a refusal could not be audited');
    }
  }

  async function flush(): Promise<void> {
    const repeated = [...tracked.values()].filter(({ repeats }) => repeats > 0);
    tracked.clear();
    for (const { call, error, repeats } of repeated) await write(call, error, repeats);
  }

  const timer = setInterval(flush, WINDOW_MS);
  timer.unref();

  return {
    record(call, error) {
      const key = `${call.caller.id} ${call.caller.organizationId} ${call.operation} ${error.code}`;
      const known = tracked.get(key);
      if (known) {
        known.repeats++;
        return;
      }
      if (tracked.size < MAX_TRACKED) tracked.set(key, { call, error, repeats: 0 });
      void write(call, error, 1);
    },
    async close() {
      clearInterval(timer);
      await flush();
    },
  };
}
