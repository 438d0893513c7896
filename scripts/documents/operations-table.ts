import type { ServiceName } from '@plinth/contracts';
import { type ProcedureFacts, proceduresOf } from '@plinth/service';
import type { AnyTRPCRouter } from '@trpc/server';

// No service knows another's procedures, yet identity explains who may call which. So it has their rules as a table.

const WIDTH = 110;

const HEAD = `// Made by \`npm run documents\` from the routers of all services; a test fails while they differ.
import type { Operation } from './operation.ts';

export const OPERATIONS: Readonly<Record<string, Operation>> = {
`;

const text = (value: string): string => `'${value}'`;

/** As the formatter would: on one line where it fits. */
function list(name: string, values: readonly string[]): string {
  const line = `    ${name}: [${values.map(text).join(', ')}],`;
  if (line.length <= WIDTH) return line;
  return [`    ${name}: [`, ...values.map((value) => `      ${text(value)},`), '    ],'].join('\n');
}

function entryOf(service: ServiceName, { path, meta, input }: ProcedureFacts): string {
  const takes = ['tenantId', 'workspaceId'].filter((field) => field in (input?.shape ?? {}));
  return [
    `  ${text(path)}: {`,
    `    service: ${text(service)},`,
    `    permission: ${text(meta.permission)},`,
    ...(meta.capability ? [`    capability: ${text(meta.capability)},`] : []),
    ...(meta.allowSuspended ? ['    allowSuspended: true,'] : []),
    ...(meta.callerKinds ? [list('callerKinds', meta.callerKinds)] : []),
    ...(meta.reach ? [`    reach: ${text(meta.reach)},`] : []),
    list('takes', takes),
    list(
      'routes',
      (meta.rest ?? []).map(({ method, path }) => `${method} ${path}`),
    ),
    '  },',
  ].join('\n');
}

export function renderOperations(
  routers: readonly { service: ServiceName; router: AnyTRPCRouter }[],
): string {
  const entries = routers.flatMap(({ service, router }) =>
    proceduresOf(router).map((facts) => entryOf(service, facts)),
  );
  return `${HEAD}${entries.join('\n')}\n};\n`;
}
