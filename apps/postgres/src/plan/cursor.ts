import { AppError } from '@plinth/contracts';
import type { OrderKey } from './order.ts';
import { allOf, bind, join, type Sql, sql } from './sql.ts';

// A page that begins after a row, told by that row's order keys. Rows after it are greater in the first key, or equal in the
// first and greater in the second, and so on; nulls stand where the order puts them.

/** The order keys of a row, as text. */
export type PlaceInOrder = readonly (string | null)[];

/** The keys of the last row, as the statement answers them; null if there was no row. */
export function placeOf(answered: string): PlaceInOrder {
  const place: unknown = JSON.parse(answered);
  if (!Array.isArray(place) || !place.every((key) => key === null || typeof key === 'string')) {
    throw new AppError('CURSOR_INVALID');
  }
  return place;
}

export const placeAsJson = (keys: readonly OrderKey[]): Sql =>
  sql`pg_catalog.json_build_array(${join(
    keys.map(({ expression }) => sql`${expression}::text`),
    ', ',
  )})`;

interface Bounded extends OrderKey {
  value: Sql | undefined;
}

const equals = ({ expression, value }: Bounded): Sql =>
  value ? sql`${expression} operator(pg_catalog.=) ${value}` : sql`${expression} is null`;

function beyond({ expression, value, isDescending, nulls, isNullable }: Bounded): Sql {
  if (!value) return nulls === 'first' ? sql`${expression} is not null` : sql`false`;
  const next = isDescending
    ? sql`${expression} operator(pg_catalog.<) ${value}`
    : sql`${expression} operator(pg_catalog.>) ${value}`;
  return isNullable && nulls === 'last' ? sql`(${next} or ${expression} is null)` : next;
}

/** One comparison of whole rows: what an index can begin a scan at. */
function rowComparison(keys: readonly Bounded[]): Sql | undefined {
  const [first] = keys;
  const values = keys.flatMap(({ value }) => value ?? []);
  const isUniform = keys.every(
    ({ isNullable, isDescending }) => !isNullable && isDescending === first?.isDescending,
  );
  if (!first || !isUniform || values.length < keys.length) return undefined;
  const left = sql`row(${join(
    keys.map(({ expression }) => expression),
    ', ',
  )})`;
  const right = sql`row(${join(values, ', ')})`;
  return first.isDescending
    ? sql`${left} operator(pg_catalog.<) ${right}`
    : sql`${left} operator(pg_catalog.>) ${right}`;
}

/** What holds of every row after a mixed order's place in its first key alone: an index can use it where the rest cannot. */
function bound(key: Bounded): Sql[] {
  const { expression, value, isDescending, isNullable, nulls } = key;
  if (!value || (isNullable && nulls === 'last')) return [];
  return [
    isDescending
      ? sql`${expression} operator(pg_catalog.<=) ${value}`
      : sql`${expression} operator(pg_catalog.>=) ${value}`,
  ];
}

function after(keys: readonly Bounded[]): Sql {
  const whole = rowComparison(keys);
  if (whole) return whole;
  const ways = keys.map((key, index) => sql`(${allOf([...keys.slice(0, index).map(equals), beyond(key)])})`);
  const bounds = keys.slice(0, 1).flatMap(bound);
  return ways.length === 0 ? sql`false` : allOf([...bounds, sql`(${join(ways, ' or ')})`]);
}

/**
 * Rows after a place. Where the nulls of the first key come in between, these are two conditions, the rows of the one before all
 * those of the other: an index has a beginning for each, and none for both.
 */
export function afterPlace(keys: readonly OrderKey[], place: PlaceInOrder): readonly Sql[] {
  if (place.length !== keys.length) throw new AppError('CURSOR_MISMATCH');
  const bounded = keys.map((key, index): Bounded => {
    const value = place[index] ?? null;
    return { ...key, value: value === null ? undefined : bind(value, key.type) };
  });
  const [first, ...rest] = bounded;
  if (first?.isNullable && first.value && first.nulls === 'last') {
    return [after([{ ...first, isNullable: false }, ...rest]), sql`${first.expression} is null`];
  }
  if (first?.isNullable && !first.value && first.nulls === 'first') {
    return [sql`${equals(first)} and ${after(rest)}`, sql`${first.expression} is not null`];
  }
  return [after(bounded)];
}
