import type { AppError, Call, Log } from '@plinth/contracts';
import type { Queryable } from '@plinth/database';
import { createCountedAudit } from './counted-audit.ts';

/** Audits every refusal for lack of permission. */
export interface RefusalAudit {
  record(call: Call, error: AppError): void;
  close(): Promise<void>;
}

export function createRefusalAudit(database: Queryable, log: Log): RefusalAudit {
  const { record, close } = createCountedAudit(database, log);
  return {
    record(call, { code, details }) {
      const { caller, operation } = call;
      record(`${caller.id} ${caller.organizationId} ${operation} ${code}`, call, {
        target: { kind: 'operation', id: operation },
        outcome: 'denied',
        changes: { code, ...details },
      });
    },
    close,
  };
}
