import {
  type AuditEntry,
  type AuditEvent,
  type Call,
  newId,
  type PlatformEvent,
  type PlatformEventRecord,
} from '@plinth/contracts';
import type { Queryable } from './database.ts';

// What others must hear of a change is written beside it and sent later by a relay: if the change is there, so is the
// message, and the other way round.

interface Message {
  id: string;
  kind: 'audit' | 'event';
  organizationId: string | undefined;
  payload: AuditEvent | PlatformEventRecord;
}

interface Scope {
  organizationId?: string;
  tenantId?: string;
  workspaceId?: string;
}

function scopeOf({ caller }: Call, given: Scope): Scope {
  const organizationId = given.organizationId ?? caller.organizationId;
  const tenantId = given.tenantId ?? caller.tenantId;
  const workspaceId = given.workspaceId ?? caller.workspaceId;
  return {
    ...(organizationId !== undefined && { organizationId }),
    ...(tenantId !== undefined && { tenantId }),
    ...(workspaceId !== undefined && { workspaceId }),
  };
}

export function auditMessage(call: Call, entry: AuditEntry, at: Date): Message {
  const { caller, operation, correlationId, apiVersion, clientAddress, userAgent } = call;
  const self = {
    kind: caller.kind,
    id: caller.id,
    ...(caller.email !== undefined && { email: caller.email }),
  };
  const payload: AuditEvent = {
    id: newId('event', at.getTime()),
    action: operation,
    actor: entry.actor ?? self,
    ...scopeOf(call, entry),
    target: entry.target,
    outcome: entry.outcome ?? 'success',
    occurredAt: at.toISOString(),
    correlationId,
    apiVersion,
    ...(clientAddress !== undefined && { clientAddress }),
    ...(userAgent !== undefined && { userAgent }),
    ...(entry.changes && { changes: { ...entry.changes } }),
  };
  return messageOf('audit', payload);
}

export function eventMessage(call: Call, event: PlatformEvent, at: Date): Message {
  const { type, subject, data } = event;
  const payload: PlatformEventRecord = {
    id: newId('event', at.getTime()),
    type,
    subject,
    ...scopeOf(call, event),
    data,
    occurredAt: at.toISOString(),
    correlationId: call.correlationId,
    ...(call.traceparent !== undefined && { traceparent: call.traceparent }),
  };
  return messageOf('event', payload);
}

function messageOf(kind: Message['kind'], payload: AuditEvent | PlatformEventRecord): Message {
  return { id: payload.id, kind, organizationId: payload.organizationId, payload };
}

export async function putInOutbox(tx: Queryable, messages: readonly Message[]): Promise<void> {
  await tx.query(
    `INSERT INTO outbox (id, kind, organization_id, payload, created_at)
     SELECT id, kind, organization_id, payload::json, created_at
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
       AS message (id, kind, organization_id, payload, created_at)`,
    [
      messages.map(({ id }) => id),
      messages.map(({ kind }) => kind),
      messages.map(({ organizationId }) => organizationId ?? null),
      messages.map(({ payload }) => JSON.stringify(payload)),
      messages.map(({ payload }) => payload.occurredAt),
    ],
  );
}

/** For what has no change to be written beside: a sign-in, a refusal. */
export async function recordAudit(database: Queryable, call: Call, entry: AuditEntry): Promise<void> {
  await putInOutbox(database, [auditMessage(call, entry, new Date())]);
}
