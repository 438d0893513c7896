import type { Caller } from '@plinth/contracts';
import { expect } from 'vitest';
import type { Tenant } from '../tenant/tenant.schema.ts';
import type { Workspace } from '../workspace/workspace.schema.ts';
import type { Tenancy } from './harness.ts';

let count = 0;

async function create<Resource>(
  tenancy: Tenancy,
  owner: Caller,
  url: string,
  payload: object,
): Promise<Resource> {
  const answer = await tenancy.send(owner, { method: 'POST', url, payload });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body;
}

export function createTenant(tenancy: Tenancy, owner: Caller, more: Partial<Tenant> = {}): Promise<Tenant> {
  const adminEmail = 'admin@acme.example.com';
  const fields = { slug: `tenant-${++count}`, displayName: 'A tenant', plan: 'starter', adminEmail, ...more };
  return create(tenancy, owner, '/v1/tenants', fields);
}

export function createWorkspace(
  tenancy: Tenancy,
  owner: Caller,
  more: Partial<Workspace> & { tenantId: string },
): Promise<Workspace> {
  const fields = {
    slug: `workspace-${++count}`,
    displayName: 'A workspace',
    capabilities: ['postgres'],
    ...more,
  };
  return create(tenancy, owner, '/v1/workspaces', fields);
}
