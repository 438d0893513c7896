import {
  type Caller,
  KEY_ROLES,
  PERMISSIONS,
  permissionsOf,
  ROLES,
  type Role,
  type ServiceName,
} from '@plinth/contracts';
import { type ProcedureFacts, refusalsOf, routesOf } from '@plinth/service';
import type { AnyTRPCRouter } from '@trpc/server';
import { withMadePart } from './made-part.ts';

// Which role may do what, as docs/permissions.md has it: every operation of every service, judged by the engine that judges
// requests. Each service's tests call every operation as every role and compare.

const BEGIN = '<!-- permissions: made by `npm run documents`, from the routers -->';
const END = '<!-- /permissions -->';

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const headed = (heads: readonly string[], rows: readonly string[]): string =>
  [row(heads), row(heads.map(() => '---')), ...rows].join('\n');
const code = (text: string): string => `\`${text}\``;
const mark = (isYes: boolean): string => (isYes ? 'yes' : '–');

const callerWith = (role: Role): Caller => ({
  kind: KEY_ROLES.some((known) => known === role) ? 'apiKey' : 'member',
  id: role,
  role,
  permissions: [...permissionsOf(role)],
  capabilities: [],
  suspended: false,
});

const mayCall = ({ meta }: ProcedureFacts, role: Role): boolean =>
  !refusalsOf(meta, callerWith(role)).some(({ code }) => code === 'PERMISSION_DENIED');

/** What a credential can do that is limited to some tenants or workspaces. */
function whenLimited({ meta, input }: ProcedureFacts): string {
  if (meta.permission === 'anonymous') return 'yes';
  if (meta.reach === 'filtered') return 'what it reaches';
  const names = ['tenantId', 'workspaceId'].some((field) => field in (input?.shape ?? {}));
  return names ? 'where it reaches' : '–';
}

function operationsOf(router: AnyTRPCRouter): string {
  const rows = routesOf(router).map((facts) =>
    row([
      code(`${facts.route.method} ${facts.route.path}`),
      code(facts.path),
      facts.meta.permission,
      ...ROLES.map((role) => mark(mayCall(facts, role))),
      whenLimited(facts),
    ]),
  );
  return headed(['route', 'operation', 'permission', ...ROLES, 'limited'], rows);
}

const rights = (): string =>
  headed(
    ['permission', ...ROLES],
    PERMISSIONS.map((permission) =>
      row([code(permission), ...ROLES.map((role) => mark(permissionsOf(role).includes(permission)))]),
    ),
  );

export function withPermissions(
  page: string,
  routers: readonly { service: ServiceName; router: AnyTRPCRouter }[],
): string {
  const services = routers.map(({ service, router }) => `### ${service}\n\n${operationsOf(router)}`);
  const made = ['## What each role holds', rights(), '## What each role may call', ...services].join('\n\n');
  return withMadePart(page, BEGIN, END, made);
}
