import type { Caller } from '@plinth/contracts';
import { routesOf } from '@plinth/service';
import type { AnyTRPCRouter } from '@trpc/server';
import { beforeAll, expect, test } from 'vitest';
import { createExampleRequests, type SuiteAnswer, type SuiteRequest } from './example-requests.ts';

export interface FaultSuite {
  router: AnyTRPCRouter;
  send(caller: Caller | undefined, request: SuiteRequest): Promise<SuiteAnswer>;
  /** Who may call every route. */
  caller(): Caller;
  /** Takes the database away under the service's feet. */
  dropDatabase(): Promise<void>;
}

/** What every route answers while its database is gone: a fault that says so and when to come back, and nothing of its inside. */
export function faultSuite({ router, send, caller: entitled, dropDatabase }: FaultSuite): void {
  const requestOf = createExampleRequests(send);
  beforeAll(dropDatabase);

  test.each(routesOf(router).map((facts) => [`${facts.route.method} ${facts.route.path}`, facts] as const))(
    '%s says that the database is gone',
    async (_, facts) => {
      const caller = entitled();
      const { status, headers, body } = await send(caller, await requestOf(facts, {}, caller));
      expect(status).toBe(503);
      expect(headers['retry-after']).toBe('1');
      expect(JSON.stringify(body)).toContain('DATABASE_UNAVAILABLE');
      expect(JSON.stringify(body)).not.toMatch(/postgres|ECONN|select |insert /i);
    },
  );

  const mutations = routesOf(router).filter(
    ({ type, meta }) => type === 'mutation' && meta.permission !== 'anonymous',
  );
  test.each(mutations.map((facts) => [`${facts.route.method} ${facts.route.path}`, facts] as const))(
    '%s does nothing for a key that cannot be looked up',
    async (_, facts) => {
      const caller = entitled();
      const headers = { 'idempotency-key': 'fault-suite' };
      const request = await requestOf(facts, {}, caller);
      const answer = await send(caller, { ...request, headers });
      expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1']);
      expect(JSON.stringify(answer.body)).toContain('IDEMPOTENCY_UNAVAILABLE');
    },
  );
}
