import { type RouteFacts, routesOf } from '@plinth/service';
import { beforeAll, describe, expect, test } from 'vitest';
import { appRouter } from './router.ts';
import { openPostgres, schemaOf } from './testing/harness.ts';
import { ROUTE_REQUESTS } from './testing/route-requests.ts';

const { audited, makeWorkspace, newMember, send, sql } = await openPostgres({ sqlCredentials: true });
const owner = newMember('owner');
const ids: Record<string, string> = { workspaceId: owner.workspaceId ?? '' };

interface Operation {
  responses: Record<string, { content?: Record<string, object> }>;
}
let paths: Record<string, Record<string, Operation>>;

beforeAll(async () => {
  await makeWorkspace(owner);
  await sql(`
    set role ${schemaOf(owner)}_owner;
    create function ${schemaOf(owner)}.double(n int) returns int immutable language sql as 'select n * 2'`);
  paths = (await send(undefined, { method: 'GET', url: '/openapi.json' })).body.paths;
});

const nameOf = ({ route }: RouteFacts): string => `${route.method} ${route.path}`;
const routes = new Map(routesOf(appRouter).map((facts) => [nameOf(facts), facts]));

test('each route has a request here, and none that is not a route', () => {
  expect(ROUTE_REQUESTS.map(({ route }) => route).sort()).toEqual([...routes.keys()].sort());
});

describe('succeeds as the document says', () => {
  test.each(ROUTE_REQUESTS.map((request) => [request.route, request] as const))(
    '%s',
    async (name, { route, ...request }) => {
      const facts = routes.get(name);
      const url = request.url.replace(/\{(\w+)\}/g, (_, id: string) => ids[id] ?? 'none');
      const { status, headers, body } = await send(owner, { ...request, url });
      const [method = '', path = ''] = name.split(' ');
      const answers = paths[path]?.[method.toLowerCase()]?.responses ?? {};
      expect(
        Object.keys(answers).filter((code) => code < '300'),
        JSON.stringify(body),
      ).toContain(String(status));
      const types = Object.keys(answers[status]?.content ?? {});
      if (body !== '') expect(types).toContain(String(headers['content-type']).split(';')[0]);
      if (facts?.path === 'credential.create') ids.credentialId = body.id;
      // Rows are the data of a workspace; what is audited of them is what goes beyond its owner's filters.
      if (facts?.type !== 'mutation' || facts.route.native) return;
      expect(await audited(facts.path)).toEqual([
        expect.objectContaining({
          workspaceId: owner.workspaceId,
          tenantId: owner.tenantId,
          action: facts.path,
        }),
      ]);
    },
  );
});
