import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fleet } from '@plinth/testing';
import { expect } from 'vitest';

// The owner before a fleet that a test brought for itself: each request goes to the gateway that the test names.

export interface FleetAnswer {
  status: number;
  quota: number;
  /** The gateway did not hear from Redis in time. */
  isAlone: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: an answer is whatever came; assertions say what it should be.
  body: any;
}

export function createClient(fleet: Fleet) {
  let token = '';
  const [first = '', second = ''] = fleet.urls;

  async function send(
    url: string,
    method: string,
    path: string,
    body?: object,
    credential = token,
    more: Record<string, string> = {},
  ): Promise<FleetAnswer> {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        'x-api-version': '2024-01-01',
        'x-correlation-id': randomUUID(),
        ...(credential && { authorization: `Bearer ${credential}` }),
        ...(method !== 'GET' && { 'idempotency-key': randomUUID() }),
        ...more,
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    });
    const quota = Number(/"tenant";q=(\d+)/.exec(response.headers.get('ratelimit-policy') ?? '')?.[1]);
    const isAlone = response.headers.has('x-degraded');
    return { status: response.status, quota, isAlone, body: await response.json() };
  }

  return {
    first,
    second,
    send,
    /** What a gateway answers that heard from Redis: on a machine that stands still for 50 ms it may not, and decides alone. */
    async sendShared(...args: Parameters<typeof send>): Promise<FleetAnswer> {
      let answer = await send(...args);
      for (let tries = 0; tries < 100 && answer.isAlone; tries++) {
        await sleep(200);
        answer = await send(...args);
      }
      return answer;
    },
    async signIn(): Promise<void> {
      const { email, password } = fleet.users.owner;
      const grant = { grant_type: 'password', username: email, password };
      token = (await send(first, 'POST', '/v1/auth/token', grant)).body.access_token;
    },
    /** The sign-in and the principal of the token that is in use. */
    async subjects(): Promise<string[]> {
      const { sid } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
      const { body } = await send(first, 'GET', '/v1/me');
      return [`session:${sid}`, `principal:${body.principal.id}`];
    },
    /** The path of a new tenant, of which both gateways have a passport. */
    async newTenant(): Promise<string> {
      const tenant = { slug: `t-${randomUUID().slice(0, 8)}`, displayName: 'T', adminEmail: 'a@example.com' };
      const { body } = await send(first, 'POST', '/v1/tenants', { ...tenant, plan: 'starter' });
      const path = `/v1/tenants/${body.id}`;
      for (const url of [first, second]) expect((await send(url, 'GET', path)).status).toBe(200);
      return path;
    },
  };
}
