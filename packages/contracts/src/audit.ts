import { z } from 'zod';

// What a change says about itself. A service writes an entry and perhaps an event beside its change, in the same
// transaction; mutate() completes them from the call.

const reference = z.object({ kind: z.string(), id: z.string() });
const outcome = z.enum(['success', 'denied', 'failure']);

export interface AuditEntry {
  target: z.infer<typeof reference>;
  /** Who did it, where the call itself does not know yet: a sign-in. */
  actor?: { kind: string; id: string; email?: string };
  /** The call's own unless given. */
  organizationId?: string;
  tenantId?: string;
  workspaceId?: string;
  /** `success` unless given. */
  outcome?: z.infer<typeof outcome>;
  /** What changed, field by field, or why it was refused. Never a secret. */
  changes?: Readonly<Record<string, unknown>>;
}

/** An audit entry as it is stored and sent to tenancy; delivery is idempotent by its id. */
export const auditEventSchema = z.object({
  id: z.string(),
  action: z.string(),
  actor: reference.extend({ email: z.string().optional() }),
  organizationId: z.string().optional(),
  tenantId: z.string().optional(),
  workspaceId: z.string().optional(),
  target: reference,
  outcome,
  occurredAt: z.string(),
  correlationId: z.string(),
  /** What the caller spoke; unknown of entries older than this field. */
  apiVersion: z.string().optional(),
  clientAddress: z.string().optional(),
  userAgent: z.string().optional(),
  changes: z.record(z.string(), z.unknown()).optional(),
});
export type AuditEvent = z.infer<typeof auditEventSchema>;

/** What a change tells the world: `tenant.created` and the resource as it is now. */
export interface PlatformEvent {
  type: string;
  subject: z.infer<typeof reference>;
  /** The call's own unless given. */
  organizationId?: string;
  tenantId?: string;
  workspaceId?: string;
  data: Readonly<Record<string, unknown>>;
}

/** A platform event as it is stored and published. */
export interface PlatformEventRecord extends PlatformEvent {
  id: string;
  occurredAt: string;
  correlationId: string;
  traceparent?: string;
}
