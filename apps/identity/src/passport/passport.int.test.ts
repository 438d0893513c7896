import {
  type Caller,
  type exchangeInput,
  newId,
  ORGANIZATION_LIMITS,
  permissionsOf,
  planOf,
} from '@plinth/contracts';
import { createPassportVerifier, createTrust } from '@plinth/passport';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { type Identity, startIdentity } from '../testing/harness.ts';
import { verifiedToken } from '../testing/verified-token.ts';
import type { Access } from './place.ts';

let identity: Identity;
beforeAll(async () => {
  identity = await startIdentity();
});
afterAll(() => identity.close());

const now = () => Math.floor(Date.now() / 1_000);
const organizationId = newId('organization');
const tenantId = newId('tenant');
const workspaceId = newId('workspace');
const membership = { organizationId, slug: 'acme', displayName: 'Acme', role: 'developer' as const };
const granted: Access = { outcome: 'granted', membership };

const ask = (more: Partial<z.input<typeof exchangeInput>> = {}) =>
  identity.internal('passport.exchange', {
    token: verifiedToken(),
    scope: {},
    organization: 'required',
    service: 'tenancy',
    ...more,
  });

async function callerIn(passport: string): Promise<Caller> {
  const trust = createTrust({ trustedKeysFile: identity.keys.settings('tenancy').TRUSTED_KEYS_FILE });
  return createPassportVerifier({ trust, service: 'tenancy' }).verify(passport);
}

async function exchanged(more: Partial<z.input<typeof exchangeInput>> = {}) {
  const { status, body } = await ask(more);
  expect(status, JSON.stringify(body)).toBe(200);
  const { passport, expiresAt, limits } = body.result.data;
  return { passport, expiresAt, limits, caller: await callerIn(passport) };
}

async function refused(more: Partial<z.input<typeof exchangeInput>> = {}) {
  const { status, body } = await ask(more);
  expect(status, JSON.stringify(body)).toBeGreaterThanOrEqual(400);
  const { message, data } = body.error;
  return { status, message, code: data.code, details: data.details };
}

beforeEach(() => {
  identity.tenancy.asked.length = 0;
  identity.tenancy.resolve = () => granted;
});

describe('a passport', () => {
  test('holds the person, the role’s rights and the plan’s capabilities, for the service and whom it calls', async () => {
    identity.tenancy.resolve = () => ({
      ...granted,
      tenant: { id: tenantId, plan: 'starter', suspended: true },
      workspace: { id: workspaceId, capabilities: ['postgres'], status: 'active' },
    });
    const token = verifiedToken();
    const { passport, expiresAt, limits, caller } = await exchanged({ token, scope: { workspaceId } });
    expect(caller).toEqual({
      kind: 'member',
      id: expect.stringMatching(/^usr_/),
      email: token.email,
      organizationId,
      tenantId,
      workspaceId,
      workspace: { capabilities: ['postgres'], status: 'active' },
      role: 'developer',
      permissions: permissionsOf('developer'),
      plan: 'starter',
      capabilities: planOf('starter').capabilities,
      suspended: true,
    });
    expect(decodeJwt(passport).aud).toEqual(['tenancy']);
    expect(expiresAt - now()).toBeGreaterThan(30);
    expect(expiresAt - now()).toBeLessThanOrEqual(60);
    const { rates } = planOf('starter');
    expect(limits).toEqual([
      { policy: 'principal', key: caller.id, quota: rates.principal, windowSeconds: 60 },
      { policy: 'tenant', key: tenantId, quota: rates.tenant, windowSeconds: 60 },
    ]);
    expect(identity.tenancy.asked).toEqual([
      { userId: caller.id, email: token.email, emailVerified: true, scope: { workspaceId } },
    ]);
  });

  test('of a deleted tenant says so', async () => {
    const tenant = { id: tenantId, plan: 'starter' as const, suspended: false, deleted: true as const };
    identity.tenancy.resolve = () => ({ ...granted, tenant });
    expect((await exchanged({ scope: { tenantId } })).caller).toMatchObject({
      tenantId,
      tenantDeleted: true,
    });
  });

  test('without a tenant has the limits of the organization and no capability', async () => {
    const { caller, limits } = await exchanged({ scope: { organizationId } });
    expect(caller).toMatchObject({ organizationId, capabilities: [], suspended: false });
    expect(caller).not.toHaveProperty('tenantId');
    const { rates } = ORGANIZATION_LIMITS;
    expect(limits).toEqual([
      { policy: 'principal', key: caller.id, quota: rates.principal, windowSeconds: 60 },
      { policy: 'organization', key: organizationId, quota: rates.organization, windowSeconds: 60 },
    ]);
  });

  test('ends with its token, and is not made of one that has ended', async () => {
    const expiresAt = now() + 20;
    expect((await exchanged({ token: verifiedToken({ expiresAt }) })).expiresAt).toBeLessThanOrEqual(
      expiresAt,
    );
    expect(await refused({ token: verifiedToken({ expiresAt: now() }) })).toMatchObject({
      status: 401,
      code: 'TOKEN_EXPIRED',
    });
  });

  test('of nobody is anonymous, has no limits, and is not for a route that needs an organization', async () => {
    const { caller, limits } = await exchanged({ token: undefined, organization: 'optional' });
    expect(caller).toEqual({
      kind: 'anonymous',
      id: '',
      permissions: [],
      capabilities: [],
      suspended: false,
    });
    expect(limits).toEqual([]);
    expect(identity.tenancy.asked).toEqual([]);
    expect(await refused({ token: undefined })).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
  });
});

describe('a principal', () => {
  test('is one for each subject of an issuer, its address kept fresh', async () => {
    const token = verifiedToken();
    const [first, second] = await Promise.all([exchanged({ token }), exchanged({ token })]);
    expect(second.caller.id).toBe(first.caller.id);
    const elsewhere = await exchanged({ token: { ...token, issuer: 'https://other.example.test' } });
    expect(elsewhere.caller.id).not.toBe(first.caller.id);

    const moved = await exchanged({ token: { ...token, email: 'new@example.test', emailVerified: false } });
    expect(moved.caller).toMatchObject({ id: first.caller.id, email: 'new@example.test' });
    expect(
      await identity.database.query('select email, email_verified from principal where id = $1', [
        first.caller.id,
      ]),
    ).toEqual([{ email: 'new@example.test', email_verified: false }]);
  });

  test('is a person: a program that is no service account is nobody', async () => {
    const { email: _, ...token } = verifiedToken({ clientId: 'robot', emailVerified: false });
    expect(await refused({ token })).toMatchObject({ status: 401, code: 'TOKEN_INVALID' });
  });
});

describe('a token made for one tenant', () => {
  const token = () => verifiedToken({ tenantId });

  test('narrows a scope that names no tenant, and stays within that of a workspace', async () => {
    await exchanged({ token: token() });
    await exchanged({ token: token(), scope: { organizationId } });
    await exchanged({ token: token(), scope: { tenantId } });
    await exchanged({ token: token(), scope: { workspaceId } });
    expect(identity.tenancy.asked.map(({ scope }) => scope)).toEqual([
      { tenantId },
      { organizationId, tenantId },
      { tenantId },
      { workspaceId, tenantId },
    ]);
  });

  test('does not find another tenant', async () => {
    const scope = { tenantId: newId('tenant') };
    expect(await refused({ token: token(), scope })).toMatchObject({ status: 404, code: 'TENANT_NOT_FOUND' });
    expect(identity.tenancy.asked).toEqual([]);
  });
});

describe('who stands nowhere', () => {
  test.each([
    [{ organizationId }, 'ORGANIZATION_NOT_FOUND'],
    [{ tenantId }, 'TENANT_NOT_FOUND'],
    [{ workspaceId }, 'WORKSPACE_NOT_FOUND'],
  ])('%o is not found, however optional', async (scope, code) => {
    identity.tenancy.resolve = () => ({ outcome: 'notFound', kind: 'tenant' });
    for (const organization of ['required', 'optional'] as const) {
      expect(await refused({ scope, organization })).toMatchObject({ status: 404, code });
    }
  });

  test('belongs to no organization: told how to get in, or let through without one', async () => {
    identity.tenancy.resolve = () => ({ outcome: 'notMember' });
    const token = verifiedToken();
    const { status, code, message } = await refused({ token });
    expect([status, code]).toEqual([403, 'NOT_A_MEMBER']);
    expect(message).toContain(token.email);
    const { caller, limits } = await exchanged({ token, organization: 'optional' });
    expect(caller).toMatchObject({ organizationMissing: 'NOT_A_MEMBER', permissions: [], capabilities: [] });
    expect(caller).not.toHaveProperty('organizationId');
    expect(limits).toEqual([
      {
        policy: 'principal',
        key: caller.id,
        quota: ORGANIZATION_LIMITS.rates.principal,
        windowSeconds: 60,
      },
    ]);
  });

  test('belongs to several: told to name one, and which', async () => {
    const other = { ...membership, organizationId: newId('organization'), slug: 'other' };
    identity.tenancy.resolve = () => ({ outcome: 'organizationRequired', memberships: [membership, other] });
    const { status, code, details } = await refused();
    expect([status, code]).toEqual([400, 'ORGANIZATION_REQUIRED']);
    expect(details).toEqual({
      header: 'x-organization-id',
      organizations: [
        { id: organizationId, slug: 'acme', displayName: 'Acme', role: 'developer' },
        { id: other.organizationId, slug: 'other', displayName: 'Acme', role: 'developer' },
      ],
    });
    const { caller } = await exchanged({ organization: 'optional' });
    expect(caller).not.toHaveProperty('organizationId');
  });
});

test('no service but the gateway, and no caller, gets a passport', async () => {
  const input = { scope: {}, organization: 'optional', service: 'tenancy' };
  expect((await identity.internal('passport.exchange', input, 'tenancy')).status).toBe(401);
  const payload = JSON.stringify(input);
  const headers = { 'content-type': 'application/json' };
  const request = { method: 'POST', url: '/internal/passport.exchange', payload, headers } as const;
  expect((await identity.send(undefined, request)).status).toBe(401);
  const { caller } = await exchanged();
  expect((await identity.send(caller, request)).status).toBe(401);
});

test('input of another form is refused by field', async () => {
  const { status, body } = await identity.internal('passport.exchange', { scope: {}, service: 'nobody' });
  expect([status, body.error.data.code]).toEqual([400, 'VALIDATION_FAILED']);
  expect(body.error.data.details.fields.map(({ path }: { path: string }) => path)).toEqual([
    'organization',
    'service',
  ]);
});
