import { type Place, roleName } from '../placement/place.ts';
import type { LoginPools } from '../query/login-pools.ts';
import { INTROSPECTION, SEEN_FROM_NOWHERE, VERSION_OF } from './introspection-query.ts';
import { STANDINGS } from './rights.ts';
import type { Column, DatabaseFunction, ForeignKey, Table, TableKind, WorkspaceSchema } from './schema.ts';

// What the catalogue says of a workspace, as the schema that the plan knows. The answer is our own statement's, so its shape is
// taken on trust by type.

interface FoundType {
  category: string;
  isRequired: boolean;
  base: string;
  values: string[] | null;
}

interface FoundColumn {
  name: string;
  position: number;
  typeId: number;
  type: string;
  isRequired: boolean;
  hasDefault: boolean;
  default: string | null;
  generated: string;
  identity: string;
  comment: string | null;
  rights: number | null;
}

interface FoundTable {
  oid: number;
  name: string;
  kind: string;
  comment: string | null;
  writable: number;
  rowSecurity: boolean;
  separatePolicies: boolean;
  allowed: number;
  rights: number;
  columns: FoundColumn[] | null;
  uniqueKeys: { isPrimary: boolean; columns: string[] }[] | null;
  foreignKeys: Omit<ForeignKey, 'table' | 'isUnique'>[] | null;
  checks: { position: number; sql: string }[] | null;
}

interface FoundFunction {
  name: string;
  comment: string | null;
  volatility: string;
  /** How many of its last parameters have a default. */
  defaults: number;
  isSet: boolean;
  returns: string;
  isComposite: boolean;
  table: string | null;
  rights: number;
  parameters: { name: string; type: string; mode: string }[] | null;
}

interface Found {
  exists: boolean;
  version: string;
  types: Record<string, FoundType> | null;
  tables: FoundTable[] | null;
  functions: FoundFunction[] | null;
  textSearchConfigs: string[] | null;
}

/** As `pg_relation_is_updatable` tells. */
const WRITABLE = { update: 4, insert: 8, delete: 16 };
/** Of a column: all but the fourth bit, to delete, of each standing. */
const COLUMN_BITS = 0b0111_0111_0111;

const KINDS: Readonly<Record<string, TableKind>> = {
  r: 'table',
  p: 'table',
  v: 'view',
  m: 'materializedView',
  f: 'foreignTable',
};

const CATEGORIES: Readonly<Record<string, Column['category']>> = {
  A: 'array',
  R: 'range',
  N: 'number',
  B: 'boolean',
  S: 'text',
  D: 'time',
  T: 'time',
  E: 'enum',
  C: 'composite',
};

const BY_NAME: Readonly<Record<string, Column['category']>> = {
  json: 'json',
  jsonb: 'json',
  tsvector: 'textSearch',
  tsquery: 'textSearch',
};

const VOLATILITIES: Readonly<Record<string, DatabaseFunction['volatility']>> = {
  i: 'immutable',
  s: 'stable',
};

const categoryOf = ({ category, base }: FoundType): Column['category'] =>
  CATEGORIES[category] ?? BY_NAME[base] ?? 'other';

function columnOf(found: FoundColumn, type: FoundType, { rights: tableRights, checks }: FoundTable): Column {
  return {
    name: found.name,
    position: found.position,
    type: found.type,
    baseType: type.base,
    category: categoryOf(type),
    isNullable: !found.isRequired && !type.isRequired,
    hasDefault: found.hasDefault || found.identity !== '',
    default: found.default ?? undefined,
    isGenerated: found.generated !== '' || found.identity === 'a',
    isIdentity: found.identity !== '',
    enumValues: type.values ?? undefined,
    checks: (checks ?? []).filter(({ position }) => position === found.position).map(({ sql }) => sql),
    comment: found.comment ?? undefined,
    rights: found.rights ?? tableRights & COLUMN_BITS,
  };
}

function foreignKeysOf({ name, foreignKeys, uniqueKeys }: FoundTable): ForeignKey[] {
  return (foreignKeys ?? []).map((key) => ({
    ...key,
    table: name,
    isUnique: (uniqueKeys ?? []).some(({ columns }) =>
      columns.every((column) => key.columns.includes(column)),
    ),
  }));
}

function tableOf(
  found: FoundTable,
  types: Readonly<Record<string, FoundType>>,
  foreignKeys: readonly ForeignKey[],
): Table {
  const columns = new Map<string, Column>();
  for (const column of found.columns ?? []) {
    const type = types[column.typeId];
    if (type) columns.set(column.name, columnOf(column, type, found));
  }
  const uniqueKeys = found.uniqueKeys ?? [];
  return {
    oid: found.oid,
    name: found.name,
    kind: KINDS[found.kind] ?? 'table',
    comment: found.comment ?? undefined,
    columns,
    primaryKey: uniqueKeys.find(({ isPrimary }) => isPrimary)?.columns ?? [],
    uniqueKeys: uniqueKeys.map((key) => key.columns),
    outgoing: foreignKeys.filter(({ table }) => table === found.name),
    incoming: foreignKeys.filter(({ referencedTable }) => referencedTable === found.name),
    canInsert: (found.writable & WRITABLE.insert) !== 0,
    canUpdate: (found.writable & WRITABLE.update) !== 0,
    canDelete: (found.writable & WRITABLE.delete) !== 0,
    rowSecurity: found.rowSecurity,
    hasSeparatePolicies: found.separatePolicies,
    allowed: found.allowed,
    rights: found.rights,
  };
}

function returnsOf({
  returns,
  isSet,
  isComposite,
  table,
  parameters,
}: FoundFunction): DatabaseFunction['returns'] {
  const hasColumns = returns === 'record' || parameters?.some(({ mode }) => mode === 't');
  const kind = returns === 'void' ? 'void' : hasColumns ? 'table' : isComposite ? 'rows' : 'scalar';
  return { kind, type: returns, isSet, table: table ?? undefined };
}

function functionOf(found: FoundFunction): DatabaseFunction {
  const given = (found.parameters ?? []).filter(({ mode }) => mode !== 'o' && mode !== 't');
  const firstDefault = given.length - found.defaults;
  return {
    name: found.name,
    comment: found.comment ?? undefined,
    parameters: given.map(({ name, type, mode }, index) => ({
      name,
      type,
      hasDefault: index >= firstDefault,
      isVariadic: mode === 'v',
    })),
    returns: returnsOf(found),
    volatility: VOLATILITIES[found.volatility] ?? 'volatile',
    rights: found.rights,
  };
}

/** Undefined where the schema is not there. */
export function readSchema(name: string, text: string): WorkspaceSchema | undefined {
  const found: Found = JSON.parse(text);
  if (!found.exists) return undefined;
  const tables = found.tables ?? [];
  const foreignKeys = tables.flatMap(foreignKeysOf);
  const functions = new Map<string, DatabaseFunction[]>();
  for (const one of found.functions ?? []) {
    functions.set(one.name, [...(functions.get(one.name) ?? []), functionOf(one)]);
  }
  return {
    name,
    version: found.version,
    tables: new Map(tables.map((table) => [table.name, tableOf(table, found.types ?? {}, foreignKeys)])),
    functions,
    textSearchConfigs: new Set(found.textSearchConfigs),
  };
}

/** What `readSchema` reads. */
export async function describeSchema(pools: Pick<LoginPools, 'run'>, place: Place): Promise<string> {
  const names = [place.schema, ...STANDINGS.map((standing) => roleName(place, standing))];
  const statements = [
    { text: SEEN_FROM_NOWHERE, values: [] },
    { text: INTROSPECTION, values: names },
  ];
  const [, row] = await pools.run(place, 'api', statements, {});
  return row?.[0] ?? '{}';
}

/** What `version` of a schema that is read now would be. */
export async function versionOf(pools: Pick<LoginPools, 'run'>, place: Place): Promise<string> {
  const statements = [
    { text: SEEN_FROM_NOWHERE, values: [] },
    { text: VERSION_OF, values: [place.schema] },
  ];
  const [, row] = await pools.run(place, 'api', statements, {});
  return row?.[0] ?? '';
}

export const introspect = async (
  pools: Pick<LoginPools, 'run'>,
  place: Place,
): Promise<WorkspaceSchema | undefined> => readSchema(place.schema, await describeSchema(pools, place));
