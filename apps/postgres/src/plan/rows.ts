import { AppError } from '@plinth/contracts';
import { aggregationOf, isAggregated } from './aggregate.ts';
import { columnName, freeName, numbered } from './identifiers.ts';
import type { Embedding, Node } from './node.ts';
import { type OrderKey, orderBy, orderKeys } from './order.ts';
import { columnOutputs, distinct, fieldOutput, jsonObject, type Output } from './outputs.ts';
import type { Scope } from './scope.ts';
import { bind, join, nothing, type Sql, sql, where } from './sql.ts';

// The rows of a node as a select. Where there are embeds, the page is cut first and the rows of each embed are joined to what
// is left of it; a lateral join keeps the order of the page.

export interface Rows {
  outputs: readonly Output[];
  /** Everything from `from` on. */
  tail: Sql;
  /** The same with the rows cut and in order under the alias of their table, for more to be asked of them; not of groups. */
  cut: Sql;
  order: readonly OrderKey[];
  /** What tells the rows of a page, and the last of them, from one that comes after. Not of groups. */
  ahead: { isOfPage: Sql; isLast: Sql } | undefined;
  /** The same without order and limit, to count. */
  uncut: Sql;
}

export interface Cut {
  /** What else must hold: that a row comes after a cursor. Of several conditions one, and rows come in the order of these. */
  after: (order: readonly OrderKey[]) => readonly Sql[];
  limit: number | undefined;
  offset: number | undefined;
  /** Whether the order of the rows matters although nobody gave one. */
  isOrdered: boolean;
  /** Whether `xmin` of each row is asked for. */
  hasVersion: boolean;
  /** One row more than the limit is read, if there is one. */
  looksAhead?: boolean;
}

const count = (rows: number): Sql => bind(String(rows), sql`bigint`);

function limits({ limit, offset }: Pick<Cut, 'limit' | 'offset'>): Sql {
  const first = limit === undefined ? nothing : sql` limit ${count(limit)}`;
  return offset === undefined || offset === 0 ? first : sql`${first} offset ${count(offset)}`;
}

const isAnswered = ({ embed }: Embedding): boolean => embed.select.length > 0;

/** The columns of a spread row under names of our own, for its parent to name. */
function spreadOutputs({ slot, node }: Embedding): { outputs: Output[]; lateral: Sql } {
  if (isAggregated(node.query)) {
    throw new AppError('INVALID_SELECT', {
      message: 'An aggregate cannot stand within a spread relation',
      details: { parameter: `${node.scope.path}select` },
    });
  }
  const { outputs, tail } = rowsOf(node, cutOfOne);
  const columns = outputs.map(({ value }, index) => sql`${value} as ${numbered('c', index)}`);
  return {
    outputs: outputs.map((output, index) => ({ ...output, value: sql`${slot}.${numbered('c', index)}` })),
    lateral: sql` left join lateral (select ${join(columns, ', ')} ${tail}) as ${slot} on true`,
  };
}

const cutOfOne: Cut = { after: () => [], limit: 1, offset: undefined, isOrdered: false, hasVersion: false };

const cutOfList = ({ query: { limit, offset } }: Node): Cut => ({
  after: () => [],
  limit,
  offset,
  isOrdered: limit !== undefined || offset !== undefined,
  hasVersion: false,
});

function nested(embedding: Embedding): { outputs: Output[]; lateral: Sql } {
  const { slot, node, key, name, isList } = embedding;
  const rows = rowsOf(node, isList ? cutOfList(node) : cutOfOne);
  const inner = sql`r`;
  const { select, value } = jsonRows(rows, inner);
  const answer = isList
    ? sql`coalesce(pg_catalog.json_agg(${value}), '[]')`
    : sql`pg_catalog.to_json(${value})`;
  return {
    outputs: [{ key, name, value: sql`${slot}.j`, isJson: true }],
    lateral: sql` left join lateral (select ${answer} as j from (${select}) as ${inner}) as ${slot} on true`,
  };
}

interface Laterals {
  outputs: ReadonlyMap<Embedding, readonly Output[]>;
  joins: Sql;
}

function lateralsOf({ embeddings }: Node): Laterals {
  const outputs = new Map<Embedding, readonly Output[]>();
  const joins: Sql[] = [];
  for (const embedding of embeddings.filter(isAnswered)) {
    const made = embedding.embed.isSpread ? spreadOutputs(embedding) : nested(embedding);
    outputs.set(embedding, made.outputs);
    joins.push(made.lateral);
  }
  return { outputs, joins: joins.reduce((all, one) => sql`${all}${one}`, nothing) };
}

function plainOutputs({ scope, query, embeddings }: Node, laterals: Laterals): Output[] {
  const outputs = query.select.flatMap((item) => {
    if (item.kind === 'all') return columnOutputs(scope);
    if (item.kind === 'field') return fieldOutput(scope, item);
    const embedding = embeddings.find(({ embed }) => embed === item);
    return embedding ? (laterals.outputs.get(embedding) ?? []) : [];
  });
  return distinct(outputs);
}

function refuseTwins({ embeddings, scope }: Node): void {
  const keys = embeddings.filter((one) => isAnswered(one) && !one.embed.isSpread).map(({ key }) => key);
  if (new Set(keys).size === keys.length) return;
  throw new AppError('INVALID_SELECT', {
    message: 'A relation is embedded twice under one name: give one of them an alias',
    details: { parameter: `${scope.path}select` },
  });
}

function groupedRows(node: Node, laterals: Laterals, cut: Cut): Rows {
  const { scope, source, conditions, embeddings } = node;
  if (embeddings.some((one) => isAnswered(one) && !one.embed.isSpread)) {
    throw new AppError('INVALID_SELECT', {
      message: 'Beside an aggregate a relation is spread: ...relation(column)',
      details: { parameter: `${scope.path}select` },
    });
  }
  const { outputs, groups, having, order } = aggregationOf(node, [...laterals.outputs.values()].flat());
  const by = groups.length === 0 ? nothing : sql` group by ${join(groups, ', ')}`;
  const only = having.length === 0 ? nothing : sql` having ${join(having, ' and ')}`;
  const uncut = sql`from ${source}${laterals.joins}${where(conditions)}${by}${only}`;
  const tail = sql`${uncut}${orderBy(order)}${limits(cut)}`;
  return { outputs: distinct(outputs), order: [], ahead: undefined, uncut, tail, cut: nothing };
}

function pageOf(
  { scope: { alias }, source, conditions }: Node,
  { order, after, kept, limit, offset }: Cut & { order: readonly OrderKey[]; kept: Sql },
): Sql {
  const rest = sql`${orderBy(order)}${limits({ limit, offset })}`;
  const [first, second] = after(order);
  if (!first || !second)
    return sql`from ${source}${where(first ? [...conditions, first] : conditions)}${rest}`;
  const most = limit === undefined ? undefined : limit + (offset ?? 0);
  const part = (condition: Sql): Sql =>
    sql`(select ${kept} from ${source}${where([...conditions, condition])}${orderBy(order)}${limits({ limit: most, offset: 0 })})`;
  return sql`from (${part(first)} union all ${part(second)}) as ${alias}${rest}`;
}

/** Rows that come in order and their numbers in it, under the alias of their table. */
function numberedRows({ table, alias }: Scope, rows: Sql, limit: number) {
  const n = freeName(table, 'ordinality');
  const most = count(limit);
  return {
    cut: sql`from (select ${alias}.*, pg_catalog.row_number() over () as ${n} from (${rows}) as ${alias}) as ${alias}`,
    ahead: {
      isOfPage: sql`${alias}.${n} operator(pg_catalog.<=) ${most}`,
      isLast: sql`${alias}.${n} operator(pg_catalog.=) ${most}`,
    },
  };
}

export function rowsOf(node: Node, cut: Cut): Rows {
  const { scope, source, conditions } = node;
  const { limit, looksAhead = false } = cut;
  refuseTwins(node);
  const laterals = lateralsOf(node);
  if (isAggregated(node.query)) return groupedRows(node, laterals, cut);

  const outputs = plainOutputs(node, laterals);
  const order = cut.isOrdered || node.query.order.length > 0 ? orderKeys(node) : [];
  const uncut = sql`from ${source}${where(conditions)}`;
  const columns = [...scope.used].map((column) => sql`${scope.alias}.${columnName(column)}`);
  const kept = join(cut.hasVersion ? [...columns, sql`${scope.alias}.xmin`] : columns, ', ');
  if (limit !== undefined && looksAhead) {
    const page = pageOf(node, { ...cut, limit: limit + 1, order, kept });
    const { cut: numbered, ahead } = numberedRows(scope, sql`select ${kept} ${page}`, limit);
    const whole = sql`${numbered}${laterals.joins}`;
    return { outputs, order, ahead, uncut, cut: whole, tail: whole };
  }
  const page = pageOf(node, { ...cut, order, kept });
  const whole = sql`from (select ${kept} ${page}) as ${scope.alias}${laterals.joins}`;
  const tail = laterals.outputs.size === 0 ? page : whole;
  return { outputs, order, ahead: undefined, uncut, cut: whole, tail };
}

/** What makes a row of its outputs, and the JSON of that row under the alias that it is given. */
export function jsonRow(outputs: readonly Output[], alias: Sql): { list: Sql; value: Sql } {
  const named = outputs.flatMap(({ name, value }) => (name ? sql`${value} as ${name}` : []));
  return named.length === outputs.length
    ? { list: join(named, ', '), value: sql`${alias}.*` }
    : { list: sql`${jsonObject(outputs)} as o`, value: sql`${alias}.o` };
}

/** A select of rows, and the JSON of one of them under the alias that the select is given. */
export function jsonRows({ outputs, tail }: Rows, alias: Sql): { select: Sql; value: Sql } {
  const { list, value } = jsonRow(outputs, alias);
  return { select: sql`select ${list} ${tail}`, value };
}
