import { readFile } from 'node:fs/promises';
import { type Caller, KEY_ROLES, MEMBER_ROLES } from '@plinth/contracts';
import { type RouteFacts, routesOf } from '@plinth/service';
import type { AnyTRPCRouter } from '@trpc/server';
import { beforeAll, describe, expect, test } from 'vitest';
import { createExampleRequests, type SuiteAnswer, type SuiteRequest } from './example-requests.ts';
import { testKey, testMember } from './service-keys.ts';

// Every route called as every role: whoever docs/permissions.md says no to is refused with PERMISSION_DENIED, and nobody else,
// whatever else is wrong with the request.

const PAGE = new URL('../../../docs/permissions.md', import.meta.url);

type Matrix = Map<string, Record<string, string>>;

/** Its rows, by route and column. */
async function readMatrix(): Promise<Matrix> {
  const lines = (await readFile(PAGE, 'utf8')).split('\n').filter((line) => line.startsWith('|'));
  const matrix: Matrix = new Map();
  let heads: string[] = [];
  for (const line of lines) {
    const cells = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', ''));
    if (cells[0] === 'route' || cells[0] === 'permission') heads = cells;
    else matrix.set(cells[0] ?? '', Object.fromEntries(heads.map((head, i) => [head, cells[i] ?? ''])));
  }
  return matrix;
}

const callers: readonly (readonly [role: string, make: () => Caller])[] = [
  ...MEMBER_ROLES.map((role) => [role, () => testMember(role)] as const),
  ...KEY_ROLES.map((role) => [role, () => testKey(role)] as const),
];

export interface PermissionSuite {
  router: AnyTRPCRouter;
  send(caller: Caller | undefined, request: SuiteRequest): Promise<SuiteAnswer>;
}

export function permissionSuite({ router, send }: PermissionSuite): void {
  const requestOf = createExampleRequests(send);
  let matrix: Matrix;
  beforeAll(async () => {
    matrix = await readMatrix();
  });

  const name = ({ route }: RouteFacts) => `${route.method} ${route.path}`;
  const isDenied = ({ status, body }: SuiteAnswer) =>
    status === 403 && JSON.stringify(body).includes('"PERMISSION_DENIED"');

  describe('docs/permissions.md', () => {
    test.each(routesOf(router).map((facts) => [name(facts), facts] as const))(
      '%s lets in whom it says',
      async (route, facts) => {
        const said = matrix.get(route);
        const denied = await Promise.all(
          callers.map(async ([role, make]) => {
            const caller = make();
            const answer = await send(caller, await requestOf(facts, {}, caller));
            return [role, isDenied(answer) ? '–' : 'yes'] as const;
          }),
        );
        expect(said, 'npm run documents').toMatchObject(Object.fromEntries(denied));
      },
    );
  });
}
