import { planCall } from '../plan/call.ts';
import { planDelete } from '../plan/delete.ts';
import { planInsert } from '../plan/insert.ts';
import { planLines, planRead, type ReadRequest } from '../plan/read.ts';
import { planUpdate } from '../plan/update.ts';
import { planUpsert } from '../plan/upsert.ts';
import type { Statement } from '../query/statement.ts';
import {
  AGGREGATES,
  COMPARISONS,
  type Condition,
  CONTAINMENTS,
  type FieldPath,
  IS_VALUES,
  type OrderTerm,
  type RowsQuery,
  type SelectItem,
  type Test,
  TEXT_SEARCHES,
} from '../request/ast.ts';
import type { Table } from '../schema-cache/schema.ts';
import { LIBRARY } from './library.ts';

// Requests as nobody would write them: every shape that the grammar has, with hostile text wherever a caller's text can stand.
// The shape follows from one seed and the text from another, so that a shape can be had twice with other text in it.

/** It stands in every hostile text and in nothing else. */
export const MARKER = 'zqx';

const HOSTILE = [
  `${MARKER}'`,
  `${MARKER}"`,
  `"${MARKER}`,
  `'; drop table books; -- ${MARKER}`,
  `$1${MARKER}$2`,
  `$$${MARKER}$$`,
  `E'\\'${MARKER}`,
  `\\${MARKER}\\`,
  `/*${MARKER}*/`,
  `{${MARKER},"`,
  `${MARKER}),(select 1`,
  `::regclass ${MARKER}`,
  `${MARKER}\u2019\uFF02\u0000`,
  `__proto__${MARKER}`,
  `\${${MARKER}}`,
  `%s${MARKER}%I`,
];

export type Random = () => number;

/** Numbers from 0 to 1 that follow from a seed. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const at = { parameter: `p${MARKER}'"`, offset: 0 };
const CASTS = ['text', 'int', 'numeric', 'jsonb', 'text[]'];

/** What is asked of a library, if a monkey asks. */
export function createMonkey(shape: Random, texts: Random) {
  const under = (random: Random, below: number): number => Math.floor(random() * below);
  const chance = (of: number): boolean => shape() < of;
  function pick<T>(from: readonly T[], random = shape): T {
    for (const found of from.slice(under(random, from.length)).slice(0, 1)) return found;
    throw new Error('nothing to pick from');
  }
  const some = <T>(most: number, make: () => T): T[] => Array.from({ length: under(shape, most + 1) }, make);

  let told = 0;
  /** No two are the same: names that are would be one column of the answer. */
  const hostile = (): string => {
    told += 1;
    return `${pick(HOSTILE, texts)}${told}`;
  };
  /** A name that is mostly there, and else hostile. */
  const nameFrom = (names: readonly string[]): string =>
    chance(0.97) && names.length > 0 ? pick(names) : hostile();
  const columnOf = (table: Table): string => nameFrom([...table.columns.keys()]);

  function field(table: Table): FieldPath {
    const isDeep = chance(0.25);
    const steps = isDeep
      ? some(3, () => (chance(0.7) ? { key: hostile() } : { index: under(shape, 5) - 2 }))
      : [];
    return { column: columnOf(table), steps, isText: steps.length > 0 && chance(0.5) };
  }

  /** A test that the column can mostly be put to. */
  function testOf(table: Table, { column, steps, isText }: FieldPath): Test {
    const category = steps.length > 0 ? (isText ? 'text' : 'json') : table.columns.get(column)?.category;
    const kind = under(shape, 10);
    if (kind === 0) {
      const isBoolean = category === 'boolean' || chance(0.1);
      return { operator: 'is', value: isBoolean ? pick(IS_VALUES) : pick(['null', 'not_null']) };
    }
    if (kind === 1) return { operator: 'in', values: [hostile(), ...some(3, hostile)] };
    if (kind === 2) {
      return {
        operator: pick(TEXT_SEARCHES),
        value: hostile(),
        config: chance(0.5) ? nameFrom([...LIBRARY.textSearchConfigs]) : undefined,
      };
    }
    if (kind === 3 && (category === 'range' || chance(0.1)))
      return { operator: pick(CONTAINMENTS), value: hostile() };
    if (kind === 3 && (category === 'array' || category === 'json')) {
      return { operator: pick(['cs', 'cd']), value: hostile() };
    }
    if (kind === 4) {
      return {
        operator: pick(COMPARISONS),
        quantified: chance(0.5) ? 'any' : 'all',
        values: [hostile(), hostile()],
      };
    }
    return { operator: pick(COMPARISONS), value: hostile() };
  }

  function condition(table: Table, depth: number): Condition {
    const isNegated = chance(0.3);
    if (depth > 0 && chance(0.2)) {
      return { kind: pick(['and', 'or']), isNegated, conditions: some(3, () => condition(table, depth - 1)) };
    }
    const path = field(table);
    return { kind: 'test', isNegated, field: path, test: testOf(table, path), at };
  }

  function having(table: Table): Condition {
    const path = field(table);
    const aggregate = pick(['count', 'min', 'max'] as const);
    const test: Test = { operator: pick(['eq', 'gt', 'lte']), value: hostile() };
    const counted = aggregate === 'count' && chance(0.5);
    return { kind: 'having', isNegated: chance(0.3), aggregate, field: counted ? undefined : path, test, at };
  }

  const alias = (): string | undefined => (chance(0.3) ? hostile() : undefined);
  const cast = (): string | undefined => (chance(0.15) ? nameFrom(CASTS) : undefined);

  function embed(table: Table, depth: number): SelectItem {
    const linked = [...table.outgoing, ...table.incoming];
    const key = linked.length > 0 ? pick(linked) : undefined;
    const isOut = key !== undefined && table.outgoing.includes(key);
    const target = LIBRARY.tables.get((isOut ? key?.referencedTable : key?.table) ?? '') ?? table;
    const self = key?.table === key?.referencedTable ? pick(['parent', 'children']) : key?.name;
    return {
      kind: 'embed',
      relation: nameFrom([target.name]),
      hint: chance(0.9) ? nameFrom(self ? [self] : []) : undefined,
      alias: alias(),
      join: chance(0.3) ? 'inner' : 'left',
      isSpread: isOut && chance(0.3),
      ...query(target, depth - 1, false),
    };
  }

  function item(table: Table, depth: number, isAggregated: boolean): SelectItem {
    if (chance(0.15)) return { kind: 'all' };
    const isLinked = table.outgoing.length + table.incoming.length > 0;
    if (depth > 0 && isLinked && !isAggregated && chance(0.35)) return embed(table, depth);
    if (isAggregated && chance(0.3)) return { kind: 'count', alias: alias(), cast: cast() };
    const aggregate = isAggregated && chance(0.5) ? { name: pick(AGGREGATES), cast: cast() } : undefined;
    return { kind: 'field', field: field(table), alias: alias(), cast: cast(), aggregate };
  }

  function order(table: Table, embeds: readonly SelectItem[], isAggregated: boolean): OrderTerm {
    const embedded = embeds.filter((one) => one.kind === 'embed');
    const related = embedded.length > 0 && chance(0.2) ? pick(embedded) : undefined;
    const target = LIBRARY.tables.get(related?.relation ?? '') ?? table;
    return {
      field: field(target),
      relation: related && (related.alias ?? related.relation),
      aggregate: isAggregated && chance(0.4) ? pick(AGGREGATES) : undefined,
      direction: pick(['asc', 'desc']),
      nulls: chance(0.3) ? pick(['first', 'last']) : undefined,
      at,
    };
  }

  function query(table: Table, depth: number, mayAggregate = true): RowsQuery {
    const isAggregated = mayAggregate && chance(0.15);
    const select = [item(table, depth, isAggregated), ...some(3, () => item(table, depth, isAggregated))];
    return {
      select,
      where: [...some(3, () => condition(table, 2)), ...(isAggregated ? some(2, () => having(table)) : [])],
      order: some(2, () => order(table, select, isAggregated)),
      limit: chance(0.5) ? under(texts, 100) : undefined,
      offset: chance(0.3) ? 1 + under(texts, 100) : undefined,
    };
  }

  function bodyOf(table: Table) {
    const columns = [...table.columns.values()]
      .filter((column) => !column.isGenerated)
      .map(({ name }) => name);
    const keys = [...new Set([...table.primaryKey, ...some(4, () => nameFrom(columns))])];
    const isArray = chance(0.4);
    const isUniform = chance(0.7);
    const objects = (isArray ? [0, 1, 2] : [0]).map(() =>
      Object.fromEntries((isUniform ? keys : keys.filter(() => chance(0.8))).map((key) => [key, hostile()])),
    );
    const json = JSON.stringify(isArray ? objects : objects[0]);
    return { json, isArray, count: objects.length, columns: keys, isUniform };
  }

  const preferences = () => ({
    return: pick([undefined, 'minimal', 'headers-only', 'representation', 'representation'] as const),
    count: pick([undefined, undefined, 'exact', 'planned', 'estimated'] as const),
    resolution: pick([undefined, 'merge-duplicates', 'ignore-duplicates'] as const),
    missing: pick([undefined, 'default', 'null'] as const),
    maxAffected: chance(0.3) ? under(texts, 50) : undefined,
    numbers: pick([undefined, 'string'] as const),
  });

  const names = (table: Table): string[] | undefined =>
    chance(0.3) ? some(3, () => columnOf(table)) : undefined;

  const unlimited = (asked: RowsQuery): RowsQuery => ({ ...asked, limit: undefined });

  /** As a change of the first rows needs it. */
  const firstOf = (table: Table, asked: RowsQuery): RowsQuery => ({
    ...asked,
    offset: undefined,
    order: [
      ...asked.order,
      ...table.primaryKey.map((column): OrderTerm => {
        const path = { column, steps: [], isText: false };
        return {
          field: path,
          relation: undefined,
          aggregate: undefined,
          direction: 'asc',
          nulls: undefined,
          at,
        };
      }),
    ],
  });

  function request() {
    const table = pick([...LIBRARY.tables.values()]);
    return {
      schema: LIBRARY,
      table,
      query: query(table, 3),
      preferences: preferences(),
      areNullsStripped: chance(0.2),
      shape: pick(['list', 'list', 'one', 'none'] as const),
      hasNext: chance(0.5),
      hasVersion: chance(0.2),
      isOne: chance(0.2),
      columns: names(table),
      onConflict: chance(0.4) ? [...pick([...table.uniqueKeys, [hostile()]])] : undefined,
      on: undefined,
      ifMatch: chance(0.2) ? [hostile(), '5'] : undefined,
      isFullTableAllowed: chance(0.2),
      isLockable: chance(0.5),
      record: chance(0.5) ? { hash: hostile(), needs: pick(['any', 'some', 'one'] as const) } : undefined,
    };
  }

  function readOf(asked: ReturnType<typeof request>): ReadRequest {
    const place = chance(0.3)
      ? { page: some(3, () => (chance(0.7) ? hostile() : null)) }
      : { page: 'first' as const };
    return { ...asked, ...(chance(0.5) && place) };
  }

  /** A request's plan, if it gets one: what it is made of may be refused. */
  function plan(): Statement[] {
    const asked = request();
    const { table } = asked;
    const changed = { ...asked, query: chance(0.5) ? firstOf(table, asked.query) : unlimited(asked.query) };
    const kind = under(shape, 12);
    if (kind < 5) {
      const { statement, estimate } = planRead(readOf(asked));
      return estimate ? [statement, estimate] : [statement];
    }
    if (kind === 5) return [planLines(asked).statement];
    if (kind === 6 || kind === 7) return [planInsert({ ...asked, body: bodyOf(table) }).statement];
    if (kind === 8) {
      const on = chance(0.3) ? { on: [...pick([...table.uniqueKeys, [columnOf(table)]])] } : {};
      return [planUpdate({ ...changed, ...on, body: bodyOf(table) }).statement];
    }
    if (kind === 9) {
      const where = table.primaryKey.map((column): Condition => {
        const test: Test = { operator: 'eq', value: hostile() };
        return { kind: 'test', isNegated: false, field: { column, steps: [], isText: false }, test, at };
      });
      return [planUpsert({ ...asked, query: { ...asked.query, where }, body: bodyOf(table) }).statement];
    }
    if (kind === 10) return [planDelete(changed).statement];
    const name = nameFrom([...LIBRARY.functions.keys()]);
    const parameters = (LIBRARY.functions.get(name)?.[0]?.parameters ?? []).map(
      (parameter) => parameter.name,
    );
    const given = [...parameters, ...(chance(0.05) ? [hostile()] : [])];
    const json = JSON.stringify(Object.fromEntries(given.map((parameter) => [parameter, hostile()])));
    const returned = LIBRARY.tables.get(LIBRARY.functions.get(name)?.[0]?.returns.table ?? '');
    const plain: RowsQuery = {
      select: [{ kind: 'all' }],
      where: [],
      order: [],
      limit: under(texts, 9),
      offset: undefined,
    };
    const shaped = returned ? query(returned, 2) : plain;
    return [
      planCall({ ...asked, name, query: shaped, arguments: { json, names: given }, isRead: false }).statement,
    ];
  }

  return { plan, read: () => readOf(request()) };
}
