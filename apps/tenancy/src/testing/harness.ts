import { type Caller, HEADERS } from '@plinth/contracts';
import { migrate } from '@plinth/database';
import { createTestDatabase, createTestKeys, testMember } from '@plinth/testing';
import type { InjectOptions } from 'fastify';
import { buildApp } from '../app.ts';
import { createDeps, MIGRATIONS } from '../deps.ts';

// Tenancy on a database of its own, called as the gateway would call it.

const silent = { debug() {}, info() {}, warn() {}, error() {} };

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | number | undefined>;
  // biome-ignore lint/suspicious/noExplicitAny: an answer is whatever came; assertions say what it should be.
  body: any;
}

export async function startTenancy() {
  const keys = await createTestKeys();
  const migrated = (url: string) => migrate({ url, directories: MIGRATIONS, log: silent });
  const database = await createTestDatabase({ template: 'tenancy', migrate: migrated });
  const deps = await createDeps({
    ...keys.settings('tenancy'),
    DATABASE_URL: database.url,
    SIGNUPS: 'open',
  });
  const app = await buildApp(deps);
  let count = 0;

  async function sendWithPassport(passport: string | undefined, request: InjectOptions): Promise<Answer> {
    const headers = {
      [HEADERS.correlationId]: 'test-correlation',
      ...(passport && { [HEADERS.passport]: passport }),
    };
    const response = await app.inject({ ...request, headers: { ...headers, ...request.headers } });
    const isJson = String(response.headers['content-type']).startsWith('application/json');
    return {
      status: response.statusCode,
      headers: response.headers,
      body: isJson ? response.json() : response.body,
    };
  }

  async function send(caller: Caller | undefined, request: InjectOptions): Promise<Answer> {
    return sendWithPassport(caller && (await keys.passport(caller, 'tenancy')), request);
  }

  return {
    app,
    keys,
    send,
    sendWithPassport,
    /** The owner of a new organization. */
    async newOwner(more: Partial<Caller> = {}): Promise<Caller> {
      const { organizationId: _, ...person } = testMember('owner', more);
      const payload = { slug: `org-${Date.now()}-${++count}`, display_name: 'An organization' };
      const { body } = await send(person, { method: 'POST', url: '/api/v1/organizations', payload });
      return { ...person, organizationId: body.data.id };
    },
    async close() {
      await app.close();
      await deps.close();
      await database.drop();
      await keys.remove();
    },
  };
}

export type Tenancy = Awaited<ReturnType<typeof startTenancy>>;
