import { AppError } from '@plinth/contracts';
import type { RowsQuery } from '../request/ast.ts';
import type { DatabaseFunction, Table, WorkspaceSchema } from '../schema-cache/schema.ts';
import { bodyOf, named } from './answer.ts';
import { functionName, parameterName, parameterType } from './identifiers.ts';
import { createNode } from './node.ts';
import { type Plan, type PlanRequest, planningFor } from './plan.ts';
import { jsonRows, rowsOf } from './rows.ts';
import { createScope } from './scope.ts';
import { bind, join, nothing, type Sql, sql, statement } from './sql.ts';

// A function of the workspace, called by name with named arguments. One that returns rows of a table is read like that table.

/** Whether the caller may execute a function. */
export type Executable = (called: DatabaseFunction) => boolean;

export interface CallRequest extends Omit<PlanRequest, 'table'> {
  name: string;
  /** Every one, if it is not said. */
  isExecutable?: Executable;
  query: RowsQuery;
  /** The arguments as one JSON object, and their names; or any JSON without names, for a function of one JSON parameter. */
  arguments: { json: string; names: readonly string[] | undefined };
  /** Called by GET or HEAD: it must change nothing. */
  isRead: boolean;
  shape: 'list' | 'one' | 'none';
}

export interface CallPlan extends Plan {
  /** What the body is: nothing, one value or row, or a list of them. */
  answers: 'nothing' | 'one' | 'list';
  volatility: DatabaseFunction['volatility'];
}

const isJson = ({ type }: DatabaseFunction['parameters'][number]): boolean =>
  type === 'json' || type === 'jsonb';

/** The JSON as it was sent is its argument: of a parameter without a name, or whatever its name where no names were sent. */
function takesWhole({ parameters }: DatabaseFunction, names: readonly string[] | undefined): boolean {
  const [only, ...others] = parameters;
  return (
    only !== undefined && others.length === 0 && isJson(only) && (names === undefined || only.name === '')
  );
}

const takesNamed = ({ parameters }: DatabaseFunction, names: readonly string[] = []): boolean =>
  names.every((name) => parameters.some((parameter) => parameter.name === name)) &&
  parameters.every(({ name, hasDefault }) => hasDefault || names.includes(name));

const signature = ({ parameters }: DatabaseFunction): string =>
  `(${parameters.map(({ name, type }) => `${name} ${type}`).join(', ')})`;

/** Of several functions of one name, the one that takes these arguments and the fewest besides. */
function findFunction(
  schema: WorkspaceSchema,
  name: string,
  names: readonly string[] | undefined,
  isExecutable: Executable = () => true,
): DatabaseFunction {
  const all = (schema.functions.get(name) ?? []).filter(isExecutable);
  const fitting = all
    .filter((one) => takesWhole(one, names) || (names && takesNamed(one, names)))
    .sort((one, other) => one.parameters.length - other.parameters.length);
  const [found, next] = fitting;
  if (found && found.parameters.length !== next?.parameters.length) return found;
  throw new AppError('FUNCTION_NOT_FOUND', {
    message: found
      ? 'Several functions take these arguments: give them other names'
      : 'There is no function of that name that takes these arguments',
    details: { function: name, arguments: names, signatures: all.map(signature) },
  });
}

function assertReadable({ volatility }: DatabaseFunction): void {
  if (volatility !== 'volatile') return;
  throw new AppError('READ_ONLY', {
    message: 'The function may change something: call it with POST',
    headers: { allow: 'POST' },
  });
}

function refuseShaping(query: RowsQuery): void {
  const isPlain = query.select.length === 1 && query.select[0]?.kind === 'all';
  if (isPlain && query.where.length === 0 && query.order.length === 0) return;
  throw new AppError('INVALID_FILTER', {
    message: 'Only what returns rows of a table can be selected from, filtered and ordered',
  });
}

/** The call as what rows are read from, under an alias. */
function callAs({ schema, arguments: given }: CallRequest, called: DatabaseFunction, alias: Sql): Sql {
  const { json, names } = given;
  const [first] = called.parameters;
  if (first && takesWhole(called, names)) {
    return sql`${functionName(schema, called)}(${bind(json, parameterType(first))}) as ${alias}`;
  }
  const parameters = called.parameters.filter((parameter) => names?.includes(parameter.name));
  const values = parameters.map((parameter) => {
    const variadic = parameter.isVariadic ? sql`variadic ` : nothing;
    return sql`${variadic}${parameterName(parameter)} => b.${parameterName(parameter)}`;
  });
  const call = sql`${functionName(schema, called)}(${join(values, ', ')}) as ${alias}`;
  if (parameters.length === 0) return call;
  const fields = parameters.map((parameter) => sql`${parameterName(parameter)} ${parameterType(parameter)}`);
  const object = bind(json, sql`json`);
  return sql`pg_catalog.json_to_record(${object}) as b(${join(fields, ', ')}), lateral ${call}`;
}

const limits = ({ limit, offset }: RowsQuery): Sql =>
  sql`${limit === undefined ? nothing : sql` limit ${bind(String(limit), sql`bigint`)}`}${
    offset === undefined ? nothing : sql` offset ${bind(String(offset), sql`bigint`)}`
  }`;

const finish = (body: Sql, length: Sql, total: Sql, source: Sql): Pick<Plan, 'statement' | 'columns'> => ({
  statement: statement(
    sql`select ${named('body', body)}, ${named('length', length)}, ${named('total', total)}${source}`,
  ),
  columns: ['body', 'length', 'total'],
});

function planTableCall(request: CallRequest, called: DatabaseFunction, table: Table): CallPlan {
  const { query, shape, areNullsStripped, preferences } = request;
  const scope = createScope(planningFor(request), table);
  const node = createNode(scope, query, { source: callAs(request, called, scope.alias) });
  const isOne = shape === 'one' || !called.returns.isSet;
  const { limit, offset } = query;
  const rows = rowsOf(node, { after: () => [], limit, offset, isOrdered: false, hasVersion: false });
  const { select, value } = jsonRows(rows, sql`r`);
  const body = shape === 'none' ? sql`null` : bodyOf(value, isOne, areNullsStripped);
  const total =
    preferences.count === undefined
      ? sql`null`
      : sql`(select pg_catalog.count(*) from (select ${rows.uncut}) as n)`;
  return {
    ...finish(body, sql`pg_catalog.count(*)`, total, sql` from (${select}) as r`),
    answers: called.returns.isSet ? 'list' : 'one',
    volatility: called.volatility,
  };
}

/** Values, or rows of no table: as the function returns them. */
function planPlainCall(request: CallRequest, called: DatabaseFunction): CallPlan {
  const { query, shape, areNullsStripped } = request;
  refuseShaping(query);
  const { kind, isSet } = called.returns;
  const isOne = shape === 'one' || !isSet;
  const [column, value] =
    kind === 'scalar' || kind === 'void' ? [sql`f as o`, sql`r.o`] : [sql`f.*`, sql`r.*`];
  const rows = sql` from (select ${column} from ${callAs(request, called, sql`f`)}${limits(query)}) as r`;
  const hasBody = shape !== 'none' && kind !== 'void';
  const body = hasBody ? bodyOf(value, isOne, areNullsStripped) : sql`null`;
  const answers = kind === 'void' ? 'nothing' : isSet ? 'list' : 'one';
  return {
    ...finish(body, sql`pg_catalog.count(*)`, sql`null`, rows),
    answers,
    volatility: called.volatility,
  };
}

export function planCall(request: CallRequest): CallPlan {
  const { schema, name, isRead, isExecutable } = request;
  const called = findFunction(schema, name, request.arguments.names, isExecutable);
  if (isRead) assertReadable(called);
  const { table: returned } = called.returns;
  const table = returned === undefined ? undefined : schema.tables.get(returned);
  return table ? planTableCall(request, called, table) : planPlainCall(request, called);
}
