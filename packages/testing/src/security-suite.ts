import type { Caller, ErrorCode } from '@plinth/contracts';
import { type RouteFacts, routesOf } from '@plinth/service';
import type { AnyTRPCRouter } from '@trpc/server';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  absentId,
  camel,
  createExampleRequests,
  type Ids,
  type SuiteAnswer,
  type SuiteRequest,
} from './example-requests.ts';
import { testMember } from './service-keys.ts';

// What must hold on every route of every service, tried on each route that its router has: a new route is covered by
// being there. Bodies come from the examples of the service's own document.

export interface SecuritySuite {
  router: AnyTRPCRouter;
  send(caller: Caller | undefined, request: SuiteRequest): Promise<SuiteAnswer>;
  /** Sends with this raw passport instead. */
  sendWithPassport(passport: string, request: SuiteRequest): Promise<SuiteAnswer>;
  /** A passport that was made for another service. */
  foreignPassport(): Promise<string>;
  /** Real ids of one organization, by the name of their parameter (`tenantId`); somebody else will ask for them. */
  ids(): Promise<Ids>;
  /** The owner of another organization. */
  stranger(): Promise<Caller>;
  /** Who may call every route; the owner of an organization unless it says otherwise. */
  entitled?(): Caller;
}

const CHANGING: readonly string[] = ['POST', 'PUT', 'PATCH', 'DELETE'];

const isAnonymous = ({ meta }: RouteFacts): boolean => meta.permission === 'anonymous';

export function securitySuite(suite: SecuritySuite): void {
  const { router, send } = suite;
  const routes = routesOf(router);
  const name = ({ route }: RouteFacts) => `${route.method} ${route.path}`;
  const requestOf = createExampleRequests(send);

  /** Whether a request names a resource at all, beside the organization that every caller has. */
  const namesResource = (facts: RouteFacts, ids: Ids): boolean =>
    Object.keys(facts.input?.shape ?? {}).some((field) => field in ids && facts.route.method !== 'GET') ||
    [...facts.route.path.matchAll(/\{(\w+)\}/g)].some(([, parameter]) => camel(parameter ?? '') in ids);

  const errorOf = ({ body }: SuiteAnswer) =>
    (body as { error: { code: ErrorCode; details?: { code?: ErrorCode; permission?: string } } }).error;
  const codeOf = (answer: SuiteAnswer): ErrorCode | undefined =>
    errorOf(answer).details?.code ?? errorOf(answer).code;

  describe.each(routes.filter((facts) => !isAnonymous(facts)).map((facts) => [name(facts), facts] as const))(
    '%s',
    (_, facts) => {
      test('refuses a request without a passport', async () => {
        const answer = await send(undefined, await requestOf(facts, {}));
        expect(answer.status).toBe(401);
      });

      test('refuses a forged passport and one for another service', async () => {
        const request = await requestOf(facts, {});
        const forged = `${'e30'}.${Buffer.from(JSON.stringify(testMember())).toString('base64url')}.AAAA`;
        for (const passport of [forged, await suite.foreignPassport()]) {
          expect((await suite.sendWithPassport(passport, request)).status).toBe(401);
        }
      });

      test('answers a caller without the right with 403, naming the permission', async () => {
        if (facts.meta.permission === 'signedIn') return;
        const powerless = testMember('viewer', { permissions: [] });
        const answer = await send(powerless, await requestOf(facts, {}, powerless));
        expect(answer.status).toBe(403);
        expect(codeOf(answer)).toBe('PERMISSION_DENIED');
        expect(errorOf(answer).details?.permission).toBe(facts.meta.permission);
      });

      test("answers another's id exactly as one that never was", async () => {
        const [ids, stranger] = await Promise.all([suite.ids(), suite.stranger()]);
        if (!namesResource(facts, ids)) return;
        const nobodys = Object.fromEntries(Object.keys(ids).map((key) => [key, absentId(key)]));
        const foreign = await send(stranger, await requestOf(facts, ids, stranger));
        const absent = await send(stranger, await requestOf(facts, nobodys, stranger));
        expect([foreign.status, codeOf(foreign)]).toEqual([404, codeOf(absent)]);
        expect(absent.status).toBe(404);
      });

      // What a native route is asked is its own to read: whatever is no column of a table is refused there.
      test.skipIf(facts.route.native)('refuses a field that it does not know, by name', async () => {
        const caller = suite.entitled?.() ?? testMember('owner');
        const request = await requestOf(facts, {}, caller);
        const strange =
          request.method === 'GET' || request.method === 'DELETE'
            ? { ...request, url: `${request.url}?organizationid=org_1` }
            : { ...request, payload: { ...request.payload, organizationid: 'org_1' } };
        const answer = await send(caller, strange);
        expect(answer.status).toBe(400);
        expect(JSON.stringify(answer.body)).toContain('organizationid');
      });
    },
  );
}

/** What the document promises of every procedure, so that it never has to be written twice. */
export function routerRules(router: AnyTRPCRouter): void {
  describe.each(
    routesOf(router).map((facts) => [`${facts.route.method} ${facts.route.path}`, facts] as const),
  )('%s', (_, { meta, input, output, type, route }) => {
    test('is summarised, described, and reads or changes as its method says', () => {
      expect(meta.summary).toMatch(/^[A-Z].{3,60}[^.]$/);
      expect(meta.description).toMatch(/\.$/);
      // A question may be too long for a URL.
      expect(type === 'query' ? ['GET', 'POST'] : CHANGING).toContain(route.method);
    });

    test('has described and strict fields, and an answer', () => {
      expect(output).toBeDefined();
      expect(input?._zod.def.catchall?._zod.def.type).toBe('never');
      for (const [field, schema] of Object.entries(input?.shape ?? {})) {
        expect(z.toJSONSchema(schema, { io: 'input' }).description, field).toBeTruthy();
      }
    });
  });
}
