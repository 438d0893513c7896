import { randomUUID } from 'node:crypto';
import { PostgrestClient } from '@supabase/postgrest-js';
import { API_VERSION, as, gatewayUrl, tokenOf, type UserName, uniqueSlug } from './api.ts';

/** A workspace of a tenant of its own, whose rows can be used. */
export async function newWorkspace(plan = 'pro'): Promise<{ workspaceId: string; tenantId: string }> {
  const { post } = await as('owner');
  const tenant = await post('/v1/tenants', {
    body: { slug: uniqueSlug('data'), displayName: 'Data', plan, adminEmail: 'data@example.com' },
  });
  const workspace = await post('/v1/workspaces', {
    body: { tenantId: tenant.body.id, slug: 'data', displayName: 'Data', capabilities: ['postgres'] },
  });
  if (workspace.status !== 201) throw new Error(JSON.stringify(workspace.body));
  return { workspaceId: workspace.body.id, tenantId: tenant.body.id };
}

const identity = { name: 'id', type: 'bigint', primaryKey: true, identity: true };

const TABLES = [
  {
    name: 'customers',
    columns: [
      identity,
      { name: 'name', type: 'text', nullable: false },
      { name: 'email', type: 'text', unique: true },
      { name: 'profile', type: 'jsonb' },
      { name: 'tags', type: 'text[]' },
    ],
  },
  {
    name: 'invoices',
    columns: [
      identity,
      {
        name: 'customer',
        type: 'bigint',
        references: { table: 'customers', column: 'id', onDelete: 'cascade' },
      },
      { name: 'total', type: 'numeric', nullable: false },
      { name: 'status', type: 'text', default: 'open' },
      { name: 'paid_at', type: 'timestamptz' },
    ],
  },
  {
    name: 'lines',
    columns: [
      identity,
      {
        name: 'invoice',
        type: 'bigint',
        nullable: false,
        references: { table: 'invoices', column: 'id', onDelete: 'cascade' },
      },
      { name: 'item', type: 'text', nullable: false },
      { name: 'quantity', type: 'integer', default: 1 },
    ],
  },
];

/** Customers with invoices of several lines, all empty. */
export async function createShop(workspaceId: string): Promise<void> {
  const { post } = await as('owner');
  for (const body of TABLES) {
    const answer = await post(`/v1/postgres/${workspaceId}/tables`, { body });
    if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  }
}

/** What the platform dialect wants of every request, and an idempotency key of every change. */
const withHeaders: typeof fetch = (input, init) => {
  const headers = new Headers(init?.headers);
  headers.set('x-api-version', API_VERSION);
  headers.set('x-correlation-id', randomUUID());
  if (init?.method !== 'GET' && init?.method !== 'HEAD') headers.set('idempotency-key', randomUUID());
  return fetch(input, { ...init, headers });
};

/** The rows of a workspace by the client that Supabase publishes, as it is. */
export async function postgrestOf(workspaceId: string, name: UserName = 'owner') {
  // biome-ignore lint/suspicious/noExplicitAny: a client without generated types, as its users begin with.
  return new PostgrestClient<any>(`${gatewayUrl()}/v1/postgres/${workspaceId}/rows`, {
    headers: { authorization: `Bearer ${await tokenOf(name)}` },
    fetch: withHeaders,
  });
}
