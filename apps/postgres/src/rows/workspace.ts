import type { Call } from '@plinth/contracts';
import { findTable } from '../plan/plan.ts';
import type { Readable } from '../plan/scope.ts';
import { type Place, type Standing, standingOf } from '../placement/place.ts';
import type { Placements } from '../placement/placement.service.ts';
import { knows, mayOnColumn } from '../schema-cache/rights.ts';
import type { Table, WorkspaceSchema } from '../schema-cache/schema.ts';
import type { SchemaCache } from '../schema-cache/schema-cache.ts';

// The workspace of a call: where it lies, what it holds, and what the caller may know of that.

export interface Opened {
  place: Place;
  schema: WorkspaceSchema;
  isReadable: Readable;
  mayKnow(table: string, column?: string): boolean;
}

export interface OpenedTable extends Opened {
  table: Table;
}

interface WorkspaceDeps {
  placements: Pick<Placements, 'placeOf'>;
  schemas: SchemaCache;
}

export interface Workspaces {
  open(call: Call): Promise<Opened>;
  /** A table that was made a moment ago is found too. */
  openTable(call: Call, name: string): Promise<OpenedTable>;
}

const readableFor =
  (standing: Standing): Readable =>
  (_table, column) =>
    mayOnColumn(column, standing, 'select');

const READABLE: Readonly<Record<Standing, Readable>> = {
  member: readableFor('member'),
  key: readableFor('key'),
  user: readableFor('user'),
};

function opened({ caller }: Call, place: Place, schema: WorkspaceSchema): Opened {
  const standing = standingOf(caller);
  return {
    place,
    schema,
    isReadable: READABLE[standing],
    mayKnow(name, column) {
      const columns = [...(schema.tables.get(name)?.columns.values() ?? [])];
      const asked = column === undefined ? columns : columns.filter((one) => one.name === column);
      return asked.length > 0 && asked.every((one) => knows(one, standing));
    },
  };
}

export function createWorkspaces({ placements, schemas }: WorkspaceDeps): Workspaces {
  return {
    async open(call) {
      const place = await placements.placeOf(call.caller);
      return opened(call, place, await schemas.get(place));
    },
    async openTable(call, name) {
      const place = await placements.placeOf(call.caller);
      const schema = await schemas.getWithTable(place, name);
      return { ...opened(call, place, schema), table: findTable(schema, name) };
    },
  };
}
