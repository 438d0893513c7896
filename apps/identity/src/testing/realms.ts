import { type Caller, newId, type PlanName } from '@plinth/contracts';
import { testMember } from '@plinth/testing';
import { expect } from 'vitest';
import type { Realm } from '../realm/realm.schema.ts';
import type { Identity } from './harness.ts';

/** A tenant at tenancy's stand-in, whose plan has the capability unless said, and the owner of its organization. */
export function newTenant(identity: Identity, plan: PlanName = 'pro', owner: Caller = testMember('owner')) {
  const { organizationId = '' } = owner;
  const tenant: Identity['tenancy']['tenants'][number] = {
    id: newId('tenant'),
    organizationId,
    plan,
    suspended: false,
  };
  identity.tenancy.tenants.push(tenant);
  return { owner, tenant };
}

export async function newRealm(identity: Identity) {
  const { owner, tenant } = newTenant(identity);
  const { status, body } = await identity.send(owner, {
    method: 'GET',
    url: `/v1/iam/realms?tenantId=${tenant.id}`,
  });
  expect(status, JSON.stringify(body)).toBe(200);
  const realm: Realm = body.data[0];
  return { owner, tenant, realm, url: `/v1/iam/realms/${realm.id}` };
}
