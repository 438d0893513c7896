import {
  type AuditEntry,
  type AuditEvent,
  type AuditedCall,
  type Call,
  newId,
  type PlatformEvent,
  type PlatformEventRecord,
  type Revocation,
  type RevocationSubject,
  withoutApiKeys,
} from '@plinth/contracts';
import type { Queryable } from './database.ts';

// What others must hear of a change is written beside it and sent later by a relay: if the change is there, so is the
// message, and the other way round.

export type OutboxKind = 'audit' | 'event' | 'revocation';

interface Message {
  id: string;
  kind: OutboxKind;
  organizationId: string | undefined;
  at: string;
  payload: AuditEvent | PlatformEventRecord | Revocation;
}

interface Scope {
  organizationId?: string;
  tenantId?: string;
  workspaceId?: string;
}

function scopeOf({ caller }: Pick<Call, 'caller'>, given: Scope): Scope {
  const organizationId = given.organizationId ?? caller.organizationId;
  const tenantId = given.tenantId ?? caller.tenantId;
  const workspaceId = given.workspaceId ?? caller.workspaceId;
  return {
    ...(organizationId !== undefined && { organizationId }),
    ...(tenantId !== undefined && { tenantId }),
    ...(workspaceId !== undefined && { workspaceId }),
  };
}

export function auditMessage(call: AuditedCall, entry: AuditEntry, at: Date): Message {
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
    // A caller's own words, in which there may be its key.
    ...(userAgent !== undefined && { userAgent: withoutApiKeys(userAgent) }),
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

function messageOf(kind: OutboxKind, payload: AuditEvent | PlatformEventRecord): Message {
  const { id, organizationId, occurredAt: at } = payload;
  return { id, kind, organizationId, at, payload };
}

/** Sent in the order of the caller's organization, for that is whom its answer waits for. */
export function revocationMessage(call: Call, subjects: readonly RevocationSubject[], at: Date): Message {
  const id = newId('event', at.getTime());
  const revokedAt = at.toISOString();
  const payload: Revocation = { id, subjects: [...subjects], revokedAt };
  return { id, kind: 'revocation', organizationId: call.caller.organizationId, at: revokedAt, payload };
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
      messages.map(({ at }) => at),
    ],
  );
}

/** For what has no change to be written beside: a sign-in, a refusal. */
export async function recordAudit(
  database: Queryable,
  call: AuditedCall,
  entry: AuditEntry,
  at = new Date(),
): Promise<void> {
  await putInOutbox(database, [auditMessage(call, entry, at)]);
}
