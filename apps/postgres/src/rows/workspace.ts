import type { Call } from '@plinth/contracts';
import type { Executable } from '../plan/call.ts';
import { findTable } from '../plan/plan.ts';
import type { Readable, WhollyReadable } from '../plan/scope.ts';
import { type Place, type Standing, standingOf } from '../placement/place.ts';
import type { Placements } from '../placement/placement.service.ts';
import {
  knownTo,
  mayExecute,
  mayOnColumn,
  mayOnTable,
  mayOnWholeTable,
  TABLE_RIGHTS,
} from '../schema-cache/rights.ts';
import type { Table, WorkspaceSchema } from '../schema-cache/schema.ts';
import type { SchemaCache } from '../schema-cache/schema-cache.ts';

// The workspace of a call: where it lies, what it holds, and what the caller may know of that.

/** What a workspace holds, and what of it the caller may use. */
export interface OpenedWorkspace {
  schema: WorkspaceSchema;
  /** Whose rights these are. */
  standing: Standing;
  isReadable: Readable;
  isWhollyReadable: WhollyReadable;
  isExecutable: Executable;
  /** Whether the caller may do anything to a table. */
  isUsable(table: Table): boolean;
  /** Whether to lock rows takes the rights, and the policies, of deleting them: Postgres asks for those of an update. */
  isLockable(table: Table): boolean;
}

export interface OpenedTable extends OpenedWorkspace {
  table: Table;
}

export interface Planned<Plan> {
  plan: Plan;
  place: Place;
  /** What a refusal of the database may name. */
  mayKnow(table: string, column?: string): boolean;
}

interface WorkspaceDeps {
  placements: Pick<Placements, 'placeOf'>;
  schemas: SchemaCache;
}

export interface Workspaces {
  /** A plan for anything in it, which may have been made a moment ago. */
  planWith<Plan>(call: Call, make: (opened: OpenedWorkspace) => Plan): Promise<Planned<Plan>>;
  /** The same for a table. */
  plan<Plan>(call: Call, tableName: string, make: (opened: OpenedTable) => Plan): Promise<Planned<Plan>>;
}

type Rights = Omit<OpenedWorkspace, 'schema' | 'standing'>;

const rightsOf = (standing: Standing): Rights => ({
  isReadable: (_table, column) => mayOnColumn(column, standing, 'select'),
  isWhollyReadable: (table) => mayOnWholeTable(table, standing, 'select'),
  isExecutable: (called) => mayExecute(called, standing),
  isUsable: (table) => TABLE_RIGHTS.some((right) => mayOnTable(table, standing, right)),
  isLockable: (table) => !table.hasSeparatePolicies && mayOnTable(table, standing, 'update'),
});

const RIGHTS: Readonly<Record<Standing, Rights>> = {
  member: rightsOf('member'),
  key: rightsOf('key'),
  user: rightsOf('user'),
};

/** A table as a plan is made for it. */
export const openTable = (opened: OpenedWorkspace, name: string): OpenedTable => ({
  ...opened,
  table: findTable(opened.schema, name, opened.isUsable),
});

export function createWorkspaces({ placements, schemas }: WorkspaceDeps): Workspaces {
  const planWith: Workspaces['planWith'] = async ({ caller }, make) => {
    const place = await placements.placeOf(caller);
    const standing = standingOf(caller);
    return schemas.with(place, (schema) => ({
      plan: make({ schema, standing, ...RIGHTS[standing] }),
      place,
      mayKnow: knownTo(schema, standing),
    }));
  };
  return {
    planWith,
    plan: (call, tableName, make) => planWith(call, (opened) => make(openTable(opened, tableName))),
  };
}
