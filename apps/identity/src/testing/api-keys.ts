import { createHash } from 'node:crypto';
import {
  type Caller,
  type exchangeInput,
  type MemberRole,
  newId,
  type PlanName,
  readApiKey,
  type ShownKey,
} from '@plinth/contracts';
import { createPassportVerifier, createTrust } from '@plinth/passport';
import { testMember } from '@plinth/testing';
import { expect } from 'vitest';
import type { z } from 'zod';
import type { ApiKey, CreateApiKey } from '../api-key/api-key.schema.ts';
import type { Identity } from './harness.ts';

// API keys as their users have them: made over the API, and shown to identity as the gateway shows them.

export type Made = ApiKey & { key: string };

/** What the gateway makes of a key. */
export function shownKey(text: string): ShownKey {
  const parts = readApiKey(text);
  if (!parts) throw new Error('that is no API key');
  const { secret, ...rest } = parts;
  return { ...rest, digest: createHash('sha256').update(secret).digest('base64url') };
}

export type KeyIdentity = Pick<Identity, 'tenancy' | 'keys' | 'send' | 'internal'>;

export function createApiKeys(identity: KeyIdentity) {
  const roles = new Map<string, MemberRole>();
  const tenants = new Map<string, { organizationId: string; plan: PlanName }>();
  const workspaces = new Map<string, string>();
  const place = (userId: string, organizationId: string) => `${userId} ${organizationId}`;

  // A tenancy in which people belong where they were put, and tenants and workspaces to whom they were given.
  identity.tenancy.resolve = ({ userId, scope }) => {
    const { workspaceId } = scope;
    const tenantId = scope.tenantId ?? workspaces.get(workspaceId ?? '');
    const kind = workspaceId === undefined ? 'tenant' : 'workspace';
    const isAtTenant = workspaceId !== undefined || scope.tenantId !== undefined;
    const tenant = tenants.get(tenantId ?? '');
    const isElsewhere = scope.organizationId !== undefined && tenant?.organizationId !== scope.organizationId;
    if (isAtTenant && (!tenant || isElsewhere)) return { outcome: 'notFound', kind };
    const organizationId = tenant?.organizationId ?? scope.organizationId ?? '';
    const role = roles.get(place(userId, organizationId));
    if (!role) return { outcome: 'notFound', kind: isAtTenant ? kind : 'organization' };
    return {
      outcome: 'granted',
      membership: { organizationId, slug: 'acme', displayName: 'Acme', role },
      ...(tenant &&
        tenantId !== undefined && { tenant: { id: tenantId, plan: tenant.plan, suspended: false } }),
      ...(workspaceId !== undefined && {
        workspace: { id: workspaceId, capabilities: ['postgres'], status: 'active' },
      }),
    };
  };

  const trust = createTrust({ trustedKeysFile: identity.keys.settings('tenancy').TRUSTED_KEYS_FILE });
  const passports = createPassportVerifier({ trust, service: 'tenancy' });

  const ask = (text: string, more: Partial<z.input<typeof exchangeInput>> = {}) =>
    identity.internal('passport.exchange', {
      key: shownKey(text),
      scope: {},
      organization: 'required',
      service: 'tenancy',
      clientAddress: '192.0.2.7',
      ...more,
    });

  return {
    /** A member of an organization of its own, unless another is named. */
    member(role: MemberRole = 'owner', more: Partial<Caller> = {}): Caller {
      const member = testMember(role, more);
      roles.set(place(member.id, member.organizationId ?? ''), role);
      return member;
    },
    /** What somebody is in the organization from now on; nothing, when they leave. */
    setRole({ id, organizationId = '' }: Caller, role: MemberRole | undefined): void {
      if (role === undefined) roles.delete(place(id, organizationId));
      else roles.set(place(id, organizationId), role);
    },
    tenantOf({ organizationId = '' }: Caller, plan: PlanName = 'starter'): string {
      const id = newId('tenant');
      tenants.set(id, { organizationId, plan });
      return id;
    },
    workspaceOf(tenantId: string): string {
      const id = newId('workspace');
      workspaces.set(id, tenantId);
      return id;
    },
    async create(caller: Caller, more: Partial<CreateApiKey> = {}): Promise<Made> {
      const payload = { name: 'A key', role: 'general:read', expiresIn: '30d', ...more };
      if (payload.expiresAt !== undefined && more.expiresIn === undefined)
        Reflect.deleteProperty(payload, 'expiresIn');
      const { status, body } = await identity.send(caller, { method: 'POST', url: '/v1/api-keys', payload });
      expect(status, JSON.stringify(body)).toBe(201);
      return body;
    },
    ask,
    async exchange(text: string, more: Partial<z.input<typeof exchangeInput>> = {}) {
      const { status, body } = await ask(text, more);
      expect(status, JSON.stringify(body)).toBe(200);
      const { passport, ...rest } = body.result.data;
      return { ...rest, caller: await passports.verify(passport) };
    },
    async refusal(text: string, more: Partial<z.input<typeof exchangeInput>> = {}) {
      const { status, body } = await ask(text, more);
      expect(status, JSON.stringify(body)).toBeGreaterThanOrEqual(400);
      return { status, code: body.error.data.code, message: body.error.message };
    },
  };
}

export type ApiKeys = ReturnType<typeof createApiKeys>;
