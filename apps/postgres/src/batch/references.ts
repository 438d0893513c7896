import { AppError } from '@plinth/contracts';
import type { Condition, RowsQuery, SelectItem, Test } from '../request/ast.ts';
import { elementsOf, membersOf, textOf } from '../response/json-text.ts';

// `{"$ref": "0.id"}` stands for what an earlier operation answered: the `id` in what the first did. It is put in its place as the JSON
// that Postgres made of it, before the statement is planned: as a value it is bound like any other, and never part of a text.

/** The JSON that a reference stands for. */
export type Resolve = (reference: string) => string;

/** What an operation answered, as far as others can refer to it. */
export interface Referable {
  /** Its rows, or what a function returned: JSON. */
  body: string | null;
  /** Where no rows were asked for: the primary key of the only row, as a JSON object. */
  key: string | null;
}

const REFERENCE = /^\d{1,2}(?:\.[^.]+)+$/;
const LONGEST = 300;

function referenceIn(json: string): string | undefined {
  if (!json.startsWith('{') || json.length > LONGEST) return undefined;
  const [[name, value] = [], another] = membersOf(json);
  const reference = another === undefined && name === '$ref' && value?.startsWith('"') && textOf(value);
  return reference && REFERENCE.test(reference) ? reference : undefined;
}

function inObject(object: string, resolve: Resolve): string {
  const members = [...membersOf(object)].map(([name, value]) => {
    const reference = referenceIn(value);
    return `${JSON.stringify(name)}:${reference === undefined ? value : resolve(reference)}`;
  });
  return `{${members.join()}}`;
}

/** In a row, in rows, or among the arguments of a function: as the value of a name. Deeper inside, JSON is what it is. */
export function resolveBody(json: string, resolve: Resolve): string {
  if (!json.includes('$ref')) return json;
  const body = json.trim();
  if (!body.startsWith('[')) return body.startsWith('{') ? inObject(body, resolve) : body;
  const rows = [...elementsOf(body)].map((row) => (row.startsWith('{') ? inObject(row, resolve) : row));
  return `[${rows.join()}]`;
}

/** In a filter: as the value of a test, where it is the text of the value. */
export function resolveText(text: string, resolve: Resolve): string {
  const isReference = text.startsWith('{"$ref"') && text.endsWith('"}');
  const reference = isReference ? referenceIn(text) : undefined;
  if (reference === undefined) return text;
  const value = textOf(resolve(reference));
  if (value !== undefined) return value;
  throw new AppError('INVALID_VALUE', { message: `${reference} is null, which no filter compares with` });
}

function inTest(test: Test, resolve: Resolve): Test {
  if ('values' in test) return { ...test, values: test.values.map((value) => resolveText(value, resolve)) };
  return test.operator === 'is' ? test : { ...test, value: resolveText(test.value, resolve) };
}

function inCondition(condition: Condition, resolve: Resolve): Condition {
  return 'conditions' in condition
    ? { ...condition, conditions: condition.conditions.map((one) => inCondition(one, resolve)) }
    : { ...condition, test: inTest(condition.test, resolve) };
}

const inItem = (item: SelectItem, resolve: Resolve): SelectItem =>
  item.kind === 'embed' ? resolveQuery(item, resolve) : item;

export const resolveQuery = <Query extends RowsQuery>(query: Query, resolve: Resolve): Query => ({
  ...query,
  select: query.select.map((item) => inItem(item, resolve)),
  where: query.where.map((condition) => inCondition(condition, resolve)),
});

const refuse = (reference: string, problem: string): AppError =>
  new AppError('INVALID_VALUE', { message: `The reference ${reference} ${problem}`, details: { reference } });

/** One step into JSON. A list of one row is that row, unless an element is named. */
function valueAt(json: string, name: string): string | undefined {
  if (json.startsWith('{')) return new Map(membersOf(json)).get(name);
  if (!json.startsWith('[')) return undefined;
  const elements = [...elementsOf(json)];
  if (/^\d+$/.test(name)) return elements[Number(name)];
  const [only, another] = elements;
  return only === undefined || another !== undefined ? undefined : valueAt(only, name);
}

export const referringTo =
  (answers: readonly Referable[]): Resolve =>
  (reference) => {
    const [index = '', ...path] = reference.split('.');
    const answer = answers[Number(index)];
    if (!answer) throw refuse(reference, 'is to an operation that does not come before');
    let value: string | undefined = answer.body ?? answer.key ?? undefined;
    for (const name of path) value = value === undefined ? undefined : valueAt(value, name);
    if (value === undefined) throw refuse(reference, 'leads to nothing that the operation answered');
    return value;
  };

/** Before anything is known: whether it can be at all. */
export const referringBefore =
  (index: number): Resolve =>
  (reference) => {
    const [before = ''] = reference.split('.');
    if (Number(before) < index) return '0';
    throw refuse(reference, 'is to an operation that does not come before');
  };
