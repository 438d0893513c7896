import type { Standing } from '../placement/place.ts';
import type { Column, DatabaseFunction, Table, WorkspaceSchema } from './schema.ts';

// What the roles of a workspace may do, as one small number for each column, table and function: four bits for a standing. The
// database decides by itself; this says beforehand what it will say.

export const STANDINGS = ['member', 'key', 'user'] as const satisfies readonly Standing[];
export const BITS_PER_STANDING = 4;

/** Of a function the first bit is to execute it. */
export const TABLE_RIGHTS = ['select', 'insert', 'update', 'delete'] as const;
export type Right = (typeof TABLE_RIGHTS)[number];

const SHIFT: Record<Standing, number> = { member: 0, key: BITS_PER_STANDING, user: 2 * BITS_PER_STANDING };
const BIT: Record<Right | 'execute', number> = { select: 1, insert: 2, update: 4, delete: 8, execute: 1 };

export const mayOnColumn = (
  { rights }: Column,
  standing: Standing,
  right: Exclude<Right, 'delete'>,
): boolean => ((rights >> SHIFT[standing]) & BIT[right]) !== 0;

export const mayExecute = ({ rights }: DatabaseFunction, standing: Standing): boolean =>
  ((rights >> SHIFT[standing]) & BIT.execute) !== 0;

/** On the table as a whole: of columns that have the right by themselves it says nothing. */
export const mayOnWholeTable = ({ rights }: Table, standing: Standing, right: Right): boolean =>
  ((rights >> SHIFT[standing]) & BIT[right]) !== 0;

/** On the table itself; to select from it, or to write to it, a right on one of its columns is enough. */
export const mayOnTable = (table: Table, standing: Standing, right: Right): boolean =>
  mayOnWholeTable(table, standing, right) ||
  (right !== 'delete' && [...table.columns.values()].some((column) => mayOnColumn(column, standing, right)));

/** Row-level security leaves a standing something of a table: where no policy speaks of it, no row is ever there for it. */
export const mayHaveRows = ({ allowed }: Table, standing: Standing, right: Right): boolean =>
  ((allowed >> SHIFT[standing]) & BIT[right]) !== 0;

/** A column is known to whom it is granted, in whatever way. */
export const knows = ({ rights }: Column, standing: Standing): boolean =>
  ((rights >> SHIFT[standing]) & 0b111) !== 0;

/** What a refusal may name to a caller: a column that they know, and the constraints of a table whose columns they all know. */
export const knownTo =
  ({ tables }: WorkspaceSchema, standing: Standing) =>
  (table: string, column?: string): boolean => {
    const found = tables.get(table);
    if (!found) return false;
    const columns = column === undefined ? [...found.columns.values()] : [found.columns.get(column)];
    return columns.every((one) => one !== undefined && knows(one, standing));
  };
