import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { PlatformUser } from '../platform-home.ts';
import type { Fleet } from './fleet.ts';
import type { LoadRequest } from './balanced-load.ts';

// An ordinary day's requests: reads of tenancy and of identity, and keyed writes that leave something to count.

const VERSION = { 'x-api-version': '2024-01-01' };
const JSON_TYPE = { 'content-type': 'application/json' };
const TENANTS_EACH = 10;
const KINDS = 20;
const CALL_TRIES = 20;

export interface Traffic {
  request(number: number): LoadRequest;
  /** How many workspaces were asked for so far, and how many there are. */
  workspaces(): Promise<{ asked: number; there: number }>;
}

interface Customer {
  headers: Record<string, string>;
  tenants: string[];
}

const page = z.object({
  data: z.array(z.object({ id: z.string() })),
  pagination: z.object({ nextCursor: z.string().nullable() }),
});

export async function prepareTraffic({ urls, users }: Fleet): Promise<Traffic> {
  const [url = ''] = urls;

  /** What is not part of the load may have to wait for a busy machine: it is asked again. */
  async function call(method: string, path: string, headers: object, body?: object): Promise<unknown> {
    for (let tries = 1; ; tries++) {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { ...VERSION, 'x-correlation-id': randomUUID(), ...JSON_TYPE, ...headers },
        ...(body && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (response.ok) return JSON.parse(text);
      if (response.status < 503 || tries === CALL_TRIES)
        throw new Error(`${method} ${path}: ${response.status} ${text}`);
      await sleep(1_000);
    }
  }

  async function signIn({ email, password }: PlatformUser): Promise<Customer> {
    const grant = { grant_type: 'password', username: email, password };
    const answer = await call('POST', '/v1/auth/token', {}, grant);
    const { access_token } = z.object({ access_token: z.string() }).parse(answer);
    const headers = { ...VERSION, authorization: `Bearer ${access_token}` };
    const tenants: string[] = [];
    for (let i = 0; i < TENANTS_EACH; i++) {
      const slug = `load-${randomUUID().slice(0, 13)}`;
      const tenant = { slug, displayName: 'Load', plan: 'enterprise', adminEmail: email };
      const made = await call('POST', '/v1/tenants', { ...headers, 'idempotency-key': slug }, tenant);
      tenants.push(z.object({ id: z.string() }).parse(made).id);
    }
    return { headers, tenants };
  }

  const customers = [await signIn(users.owner), await signIn(users.stranger)];
  let asked = 0;

  function request(number: number): LoadRequest {
    const { headers, tenants = [] } = customers[number % customers.length] ?? {};
    const turn = Math.floor(number / customers.length);
    const kind = turn % KINDS;
    // Every kind comes to every tenant: one tenant alone would soon hold all that its plan allows.
    const tenant = tenants[(turn + Math.floor(turn / KINDS)) % tenants.length];
    const own = { ...headers, 'x-correlation-id': `load-${number}-${randomUUID().slice(0, 8)}` };
    const keyed = { ...own, ...JSON_TYPE, 'idempotency-key': randomUUID() };
    if (kind === 0) return { method: 'GET', path: '/v1/me', headers: own, expected: 200 };
    if (kind <= 2) {
      asked++;
      const workspace = {
        tenantId: tenant,
        slug: `load-${randomUUID().slice(0, 13)}`,
        displayName: 'Load',
        capabilities: ['postgres'],
      };
      const body = JSON.stringify(workspace);
      return { method: 'POST', path: '/v1/workspaces', headers: keyed, body, expected: 201 };
    }
    const path = `/v1/tenants/${tenant}`;
    if (kind > 4) return { method: 'GET', path, headers: own, expected: 200 };
    const body = JSON.stringify({ displayName: `Load ${number}` });
    return { method: 'PATCH', path, headers: keyed, body, expected: 200 };
  }

  async function workspacesOf({ headers, tenants }: Customer): Promise<number> {
    let there = 0;
    for (const tenantId of tenants) {
      for (let cursor: string | null = ''; cursor !== null; ) {
        const query: string = new URLSearchParams({
          tenantId,
          limit: '100',
          ...(cursor && { cursor }),
        }).toString();
        const { data, pagination } = page.parse(await call('GET', `/v1/workspaces?${query}`, headers));
        there += data.length;
        cursor = pagination.nextCursor;
        await sleep(5);
      }
    }
    return there;
  }

  return {
    request,
    async workspaces() {
      const counts = await Promise.all(customers.map(workspacesOf));
      return { asked, there: counts.reduce((sum, count) => sum + count, 0) };
    },
  };
}
