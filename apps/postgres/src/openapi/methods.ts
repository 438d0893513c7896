import type { Permission } from '@plinth/contracts';
import type { Standing } from '../placement/place.ts';
import { mayHaveRows, mayOnTable, type Right } from '../schema-cache/rights.ts';
import type { Table } from '../schema-cache/schema.ts';
import type { Method } from './templates.ts';

/** Who reads the document. */
export interface Reader {
  standing: Standing;
  permissions: ReadonlySet<Permission>;
}

/** What a method takes of the table; `PUT` makes a row or changes it. */
const NEEDED = {
  get: ['select'],
  post: ['insert'],
  patch: ['update'],
  put: ['insert', 'update'],
  delete: ['delete'],
} as const satisfies Record<Method, readonly Right[]>;

const METHODS = Object.keys(NEEDED) as Method[];

const isPossible = ({ canInsert, canUpdate, canDelete }: Table, right: Right): boolean =>
  ({ select: true, insert: canInsert, update: canUpdate, delete: canDelete })[right];

/** What a caller may do to the rows of a table. */
export function methodsFor(table: Table, { standing, permissions }: Reader): Method[] {
  const may = (right: Right): boolean =>
    isPossible(table, right) && mayOnTable(table, standing, right) && mayHaveRows(table, standing, right);
  return METHODS.filter(
    (method) =>
      permissions.has(method === 'get' ? 'rows:read' : 'rows:write') &&
      NEEDED[method].every(may) &&
      (method !== 'put' || table.primaryKey.length > 0),
  );
}
