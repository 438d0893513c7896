import { join } from 'node:path';
import { testMember } from '@plinth/testing/service-keys';
import type { LoadRequest } from '../load/wrk.ts';
import type { Load, MeasuredProcess, Stage, Subject } from '../scenario.ts';
import { makeTable, schemaOf, TABLE } from './bench-table.ts';
import { type OneOfEach, startOneOfEach, type Workspace } from './one-of-each.ts';
import { PLATFORM_HEADERS, passportHolder } from './passports.ts';

// The Postgres data service on a real Postgres, with a table of a workspace, and the two doors to it: the service itself, and the
// gateway for somebody who has signed in.

export type ToRows = Pick<LoadRequest, 'url' | 'headers'>;

export interface Door {
  name: 'service' | 'through the gateway';
  processes: readonly MeasuredProcess[];
  /** The URL of the table's rows, and what a caller shows: that is asked for before each round, for it ends. */
  toRows(): Promise<ToRows>;
}

export interface DataApi extends OneOfEach {
  schema: string;
  /** With its schema. */
  table: string;
  doors: readonly Door[];
}

export function doorsTo(its: OneOfEach, workspace: Workspace, signIn = its.membersInTurn()): Door[] {
  const { fleet, process, postgres } = its;
  const [gateway, service] = [process('gateway'), { ...process('postgres'), name: 'service' }];
  const path = `/v1/postgres/${workspace.workspaceId}/rows/${TABLE}`;
  const caller = testMember('owner', {
    organizationId: fleet.organizationId,
    ...workspace,
    workspace: { capabilities: ['postgres'], status: 'active' },
    plan: 'enterprise',
    capabilities: ['postgres'],
  });
  return [
    {
      name: 'service',
      processes: [service, postgres],
      toRows: passportHolder(join(fleet.home, 'keys'), caller, `${service.url}${path}`, 'postgres'),
    },
    {
      name: 'through the gateway',
      processes: [gateway, service, postgres],
      async toRows() {
        const authorization = `Bearer ${await signIn()}`;
        return { url: `${gateway.url}${path}`, headers: { ...PLATFORM_HEADERS, authorization } };
      },
    },
  ];
}

/** For those who write, only one member may: that is enough where a second has few requests. */
export async function openDataApi(stage: Stage, rows: number, isWritten = false): Promise<DataApi> {
  const its = await startOneOfEach(stage);
  const { workspace, membersInTurn, signInOwner } = its;
  const table = await makeTable(its, workspace, rows);
  const doors = doorsTo(its, workspace, isWritten ? signInOwner : membersInTurn());
  return { ...its, schema: schemaOf(workspace), table, doors };
}

/** The same request at each door. */
export const atEach = (
  doors: readonly Door[],
  requestOf: (toRows: ToRows) => Load | Promise<Load>,
  named = '',
): Subject[] =>
  doors.map(({ name, processes, toRows }) => ({
    name: `${name}${named}`,
    processes,
    request: async () => requestOf(await toRows()),
  }));

/** One of so many rows, another in each request; its number comes last in the URL. */
export function anyRow({ url, headers }: ToRows, query: string, upTo: number): LoadRequest {
  const { origin } = new URL(url);
  const before = `${url}${query}`;
  return { url: `${before}1`, headers, anyOf: { path: before.slice(origin.length), upTo } };
}
