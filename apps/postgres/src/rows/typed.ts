import type { Preferences } from '../request/ast.ts';
import { parseRowsBody } from '../request/body/rows-body.ts';
import { parsePreferences } from '../request/preferences.ts';
import { parseRowsUrl } from '../request/rows-url.ts';
import type { Asked } from './read.ts';
import type { InsertRows, ListedRows, ListRows, RemoveRows, UpdateRows, UpsertRow } from './rows.schema.ts';
import type { Change, Wanted } from './write.ts';

// The typed calls in the words of the URL: one grammar, one set of refusals.

type Query = Record<string, string | number | undefined>;
type Where = Record<string, string | string[]>;

export function urlOf(query: Query, where: Where = {}) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) search.append(name, String(value));
  for (const [column, tests] of Object.entries(where))
    for (const test of [tests].flat()) search.append(column, test);
  return parseRowsUrl(search.toString());
}

const placeIn = ({ workspaceId, table }: { workspaceId: string; table: string }) =>
  `/v1/postgres/${workspaceId}/rows/${table}`;

export function readOf(input: ListRows, signal: AbortSignal | undefined): Asked {
  const { table, select, where, order, limit, offset, count } = input;
  // A page can be followed by the next whether the caller thought of it or not.
  const cursor = input.cursor ?? (limit === undefined || offset !== undefined ? undefined : '');
  return {
    table,
    url: urlOf({ select, order, limit, offset, cursor }, where),
    preferences: parsePreferences(count && `count=${count}`),
    shape: 'list',
    stripsNulls: false,
    method: 'GET',
    path: placeIn(input),
    signal,
  };
}

interface Changed {
  workspaceId: string;
  table: string;
  select?: string | undefined;
  returning: NonNullable<Preferences['return']>;
  allowFullTable?: string | undefined;
}

function changeOf(
  change: Change,
  method: string,
  input: Changed,
  more: { where?: Where; query?: Query; prefer?: readonly string[]; rows?: unknown },
  signal: AbortSignal | undefined,
): Wanted {
  const { where, query = {}, prefer = [], rows } = more;
  return {
    change,
    table: input.table,
    url: urlOf({ select: input.select, ...query }, where),
    preferences: parsePreferences([`return=${input.returning}`, ...prefer].join(', ')),
    body: rows === undefined ? undefined : parseRowsBody(Buffer.from(JSON.stringify(rows)), 'json'),
    isOne: false,
    stripsNulls: false,
    ifMatch: undefined,
    fullTable: input.allowFullTable,
    // The input, which the call itself knows, is all there is.
    content: [],
    method,
    path: placeIn(input),
    signal,
  };
}

const RESOLUTIONS = { merge: 'merge-duplicates', ignore: 'ignore-duplicates' } as const;

export const insertOf = (input: InsertRows, signal: AbortSignal | undefined): Wanted =>
  changeOf(
    'insert',
    'POST',
    input,
    {
      rows: input.rows,
      query: { on_conflict: input.onConflict },
      prefer: input.resolution ? [`resolution=${RESOLUTIONS[input.resolution]}`] : [],
    },
    signal,
  );

const guard = (maxAffected: number | undefined): string[] =>
  maxAffected === undefined ? [] : [`max-affected=${maxAffected}`];

const firstOf = ({ order, limit }: UpdateRows | RemoveRows): Query => ({ order, limit });

export const updateOf = (input: UpdateRows, signal: AbortSignal | undefined): Wanted =>
  changeOf(
    'update',
    'PATCH',
    input,
    { where: input.where, rows: input.values, query: firstOf(input), prefer: guard(input.maxAffected) },
    signal,
  );

export const upsertOf = (input: UpsertRow, signal: AbortSignal | undefined): Wanted =>
  changeOf('upsert', 'PUT', input, { where: input.where, rows: input.values }, signal);

export const removalOf = (input: RemoveRows, signal: AbortSignal | undefined): Wanted =>
  changeOf(
    'delete',
    'DELETE',
    input,
    { where: input.where, query: firstOf(input), prefer: guard(input.maxAffected) },
    signal,
  );

/** What Postgres made. */
export const rowsIn = (json: string): ListedRows['rows'] => JSON.parse(json);
