// What a workspace holds, as its database tells it. The plan knows tables, columns and functions by this alone.

export interface WorkspaceSchema {
  /** The schema in the database: `ws_` and the ULID of the workspace, in lower case. */
  name: string;
  /** Another, where something may be found that was missing, or the other way round. */
  version: string;
  tables: ReadonlyMap<string, Table>;
  functions: ReadonlyMap<string, readonly DatabaseFunction[]>;
  /** The text search configurations of the database. */
  textSearchConfigs: ReadonlySet<string>;
}

export type TableKind = 'table' | 'view' | 'materializedView' | 'foreignTable';

export interface Table {
  oid: number;
  name: string;
  kind: TableKind;
  comment: string | undefined;
  /** In the order of the table. */
  columns: ReadonlyMap<string, Column>;
  primaryKey: readonly string[];
  /** The columns of each unique constraint or index without expressions and conditions, the primary key's among them. */
  uniqueKeys: readonly (readonly string[])[];
  /** Foreign keys of this table, and of others to this one. */
  outgoing: readonly ForeignKey[];
  incoming: readonly ForeignKey[];
  /** What can be done to a view. */
  canInsert: boolean;
  canUpdate: boolean;
  canDelete: boolean;
  rowSecurity: boolean;
  /** What row-level security says of an update is not what it says of a delete. */
  hasSeparatePolicies: boolean;
  /** Whom some policy lets have rows, as `rights.ts` reads it; without row-level security everybody. */
  allowed: number;
  /** What is granted on it, as `rights.ts` reads it. */
  rights: number;
}

export interface Column {
  name: string;
  position: number;
  /** As `format_type` writes it, qualified where it is not of pg_catalog: `timestamp with time zone`, `text[]`. */
  type: string;
  /** The type that the others follow from: of a domain its base, of an array its elements. */
  baseType: string;
  category:
    | 'array'
    | 'range'
    | 'json'
    | 'number'
    | 'boolean'
    | 'text'
    | 'time'
    | 'enum'
    | 'composite'
    | 'textSearch'
    | 'other';
  isNullable: boolean;
  hasDefault: boolean;
  /** What a new row has where it says nothing, as SQL; of a number that rows get as they come nothing. */
  default: string | undefined;
  /** A column that is written by the database alone: `generated always`. */
  isGenerated: boolean;
  isIdentity: boolean;
  enumValues: readonly string[] | undefined;
  /** What each of its values meets, as SQL: the checks that are of this column alone, and that all rows were looked at for. */
  checks: readonly string[];
  comment: string | undefined;
  /** What is granted on it, itself or with its table. */
  rights: number;
}

export interface ForeignKey {
  name: string;
  table: string;
  columns: readonly string[];
  referencedTable: string;
  referencedColumns: readonly string[];
  /** The referencing columns are unique: one row at most points there. */
  isUnique: boolean;
}

export interface DatabaseFunction {
  name: string;
  comment: string | undefined;
  parameters: readonly { name: string; type: string; hasDefault: boolean; isVariadic: boolean }[];
  returns: {
    kind: 'scalar' | 'rows' | 'table' | 'void';
    type: string;
    isSet: boolean;
    table: string | undefined;
  };
  volatility: 'immutable' | 'stable' | 'volatile';
  rights: number;
}
