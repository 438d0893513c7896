// What a request asks of rows, as it was written: names are the caller's own and unproven here, values are text. The plan looks
// names up in the schema of the workspace, and only what it finds there is ever written into SQL.

/** A step into a JSON value: a key, or the index of an element. */
export type JsonStep = { key: string } | { index: number };

/** A column, or a place within its JSON: `data->a->>b` is the text at `a`, `b` of `data`. */
export interface FieldPath {
  column: string;
  steps: readonly JsonStep[];
  /** The last arrow was `->>`: the value is text. */
  isText: boolean;
}

export const AGGREGATES = ['count', 'sum', 'avg', 'min', 'max'] as const;
export type Aggregate = (typeof AGGREGATES)[number];

/** `*`, a field, `count()` of rows, or rows of a related table. */
export type SelectItem = AllColumns | SelectedField | SelectedCount | Embed;

interface AllColumns {
  kind: 'all';
}

export interface SelectedField {
  kind: 'field';
  field: FieldPath;
  alias: string | undefined;
  /** The type that a value is cast to: before it is aggregated, where it is. */
  cast: string | undefined;
  aggregate: { name: Aggregate; cast: string | undefined } | undefined;
}

export interface SelectedCount {
  kind: 'count';
  alias: string | undefined;
  cast: string | undefined;
}

export interface Embed extends RowsQuery {
  kind: 'embed';
  /** A table, or a foreign key, or the column that holds one. */
  relation: string;
  /** Which foreign key or join table, where several lead there. */
  hint: string | undefined;
  alias: string | undefined;
  /** `inner`: rows without any of these are left out. */
  join: 'left' | 'inner';
  /** `...relation(…)`: its columns stand among those of its parent. */
  isSpread: boolean;
}

export const COMPARISONS = [
  'eq',
  'neq',
  'gt',
  'gte',
  'lt',
  'lte',
  'like',
  'ilike',
  'match',
  'imatch',
  'isdistinct',
] as const;
export const CONTAINMENTS = ['cs', 'cd', 'ov', 'sl', 'sr', 'nxr', 'nxl', 'adj'] as const;
export const TEXT_SEARCHES = ['fts', 'plfts', 'phfts', 'wfts'] as const;
export const IS_VALUES = ['null', 'not_null', 'true', 'false', 'unknown'] as const;

export type Comparison = (typeof COMPARISONS)[number];
export type Containment = (typeof CONTAINMENTS)[number];
export type TextSearch = (typeof TEXT_SEARCHES)[number];
export type IsValue = (typeof IS_VALUES)[number];

/** A comparison with one value. */
export interface ValueTest {
  operator: Comparison;
  value: string;
  quantified?: undefined;
}

export type Test =
  | ValueTest
  /** With a quantifier the value is a list: `eq(any).{1,2}`. */
  | { operator: Comparison; quantified: 'any' | 'all'; values: readonly string[] }
  /** The value is an array or range, as Postgres writes it. */
  | { operator: Containment; value: string }
  | { operator: TextSearch; value: string; config: string | undefined }
  | { operator: 'is'; value: IsValue }
  | { operator: 'in'; values: readonly string[] };

export type Condition =
  | { kind: 'and' | 'or'; isNegated: boolean; conditions: readonly Condition[] }
  | { kind: 'test'; isNegated: boolean; field: FieldPath; test: Test; at: Position }
  /** Whether rows of an embedded relation are there: `author=is.null`, `author=not.is.null`. Told from a test by the plan. */
  | {
      kind: 'having';
      isNegated: boolean;
      aggregate: Aggregate;
      field: FieldPath | undefined;
      test: Test;
      at: Position;
    };

/** Where in the request something stands, for the message that refuses it. */
export interface Position {
  /** The query parameter, as it was sent. */
  parameter: string;
  /** The character of its value, from 0. */
  offset: number;
}

export interface OrderTerm {
  /** Undefined for `count()`, which counts rows. */
  field: FieldPath | undefined;
  /** A to-one relation that the field is of: `order=author(name).desc`. */
  relation: string | undefined;
  aggregate: Aggregate | undefined;
  direction: 'asc' | 'desc';
  nulls: 'first' | 'last' | undefined;
  at: Position;
}

/** What is asked of one table, at the top or embedded. Conditions are all to hold. */
export interface RowsQuery {
  select: readonly SelectItem[];
  where: readonly Condition[];
  order: readonly OrderTerm[];
  limit: number | undefined;
  offset: number | undefined;
}

export type CountKind = 'exact' | 'planned' | 'estimated';

/** The `Prefer` header, as far as it is known. */
export interface Preferences {
  return: 'minimal' | 'headers-only' | 'representation' | undefined;
  count: CountKind | undefined;
  resolution: 'merge-duplicates' | 'ignore-duplicates' | undefined;
  missing: 'default' | 'null' | undefined;
  handling: 'strict' | 'lenient' | undefined;
  maxAffected: number | undefined;
  isolation: 'read-committed' | 'repeatable-read' | 'serializable' | undefined;
  numbers: 'string' | 'number' | undefined;
  /** `key=value` as sent, of those that are honoured: what `Preference-Applied` repeats. */
  applied: readonly string[];
}

/** Everything that a URL says of rows. */
export interface RowsUrl extends RowsQuery {
  columns: readonly string[] | undefined;
  onConflict: readonly string[] | undefined;
  /** Of a bulk update: the columns that tell which row each element is for. */
  on: readonly string[] | undefined;
  cursor: string | undefined;
}
