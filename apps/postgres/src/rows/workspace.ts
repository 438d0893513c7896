import type { Call } from '@plinth/contracts';
import { findTable } from '../plan/plan.ts';
import type { Readable, WhollyReadable } from '../plan/scope.ts';
import { type Place, type Standing, standingOf } from '../placement/place.ts';
import type { Placements } from '../placement/placement.service.ts';
import { knownTo, mayOnColumn, mayOnTable, mayOnWholeTable, TABLE_RIGHTS } from '../schema-cache/rights.ts';
import type { Table, WorkspaceSchema } from '../schema-cache/schema.ts';
import type { SchemaCache } from '../schema-cache/schema-cache.ts';

// The workspace of a call: where it lies, what it holds, and what the caller may know of that.

export interface OpenedTable {
  schema: WorkspaceSchema;
  table: Table;
  isReadable: Readable;
  isWhollyReadable: WhollyReadable;
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
  /** A plan for a table, which may have been made a moment ago. */
  plan<Plan>(call: Call, tableName: string, make: (opened: OpenedTable) => Plan): Promise<Planned<Plan>>;
}

type Reading = Pick<OpenedTable, 'isReadable' | 'isWhollyReadable'>;

const readableFor = (standing: Standing): Reading => ({
  isReadable: (_table, column) => mayOnColumn(column, standing, 'select'),
  isWhollyReadable: (table) => mayOnWholeTable(table, standing, 'select'),
});

const READABLE: Readonly<Record<Standing, Reading>> = {
  member: readableFor('member'),
  key: readableFor('key'),
  user: readableFor('user'),
};

const mayDoAnything =
  (standing: Standing) =>
  (table: Table): boolean =>
    TABLE_RIGHTS.some((right) => mayOnTable(table, standing, right));

export function createWorkspaces({ placements, schemas }: WorkspaceDeps): Workspaces {
  return {
    async plan({ caller }, tableName, make) {
      const place = await placements.placeOf(caller);
      const standing = standingOf(caller);
      return schemas.with(place, (schema) => ({
        plan: make({
          schema,
          table: findTable(schema, tableName, mayDoAnything(standing)),
          ...READABLE[standing],
        }),
        place,
        mayKnow: knownTo(schema, standing),
      }));
    },
  };
}
