import type {
  Condition,
  Embed,
  FieldPath,
  OrderTerm,
  RowsQuery,
  RowsUrl,
  SelectItem,
  Test,
} from '../request/ast.ts';

// Writes what a request asks as the query string that asks it: the inverse of parsing, with every name and value quoted.

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

export const writeField = ({ column, steps, isText }: FieldPath): string =>
  steps.reduce((text, step, i) => {
    const arrow = isText && i === steps.length - 1 ? '->>' : '->';
    return `${text}${arrow}${'key' in step ? quoted(step.key) : step.index}`;
  }, quoted(column));

const writeCast = (cast: string | undefined): string => (cast === undefined ? '' : `::${quoted(cast)}`);

function writeEmbed({ relation, hint, alias, join, isSpread, select }: Embed): string {
  const before = isSpread ? '...' : alias === undefined ? '' : `${quoted(alias)}:`;
  const hinted = hint === undefined ? '' : `!${quoted(hint)}`;
  return `${before}${quoted(relation)}${hinted}!${join}(${writeSelect(select)})`;
}

function writeItem(item: SelectItem): string {
  if (item.kind === 'all') return '*';
  if (item.kind === 'embed') return writeEmbed(item);
  const alias = item.alias === undefined ? '' : `${quoted(item.alias)}:`;
  if (item.kind === 'count') return `${alias}count()${writeCast(item.cast)}`;
  const { field, cast, aggregate } = item;
  const aggregated = aggregate ? `.${aggregate.name}()${writeCast(aggregate.cast)}` : '';
  return `${alias}${writeField(field)}${writeCast(cast)}${aggregated}`;
}

const writeSelect = (items: readonly SelectItem[]): string => items.map(writeItem).join();

function writeTest(test: Test, quote: (text: string) => string): string {
  if (test.operator === 'in') return `in.(${test.values.map(quoted).join()})`;
  if ('values' in test) return `${test.operator}(${test.quantified}).{${test.values.map(quoted).join()}}`;
  if (test.operator === 'is') return `is.${test.value}`;
  const config = 'config' in test && test.config !== undefined ? `(${quoted(test.config)})` : '';
  return `${test.operator}${config}.${quote(test.value)}`;
}

const not = (isNegated: boolean): string => (isNegated ? 'not.' : '');

function writeWithin(condition: Condition): string {
  if ('conditions' in condition)
    return `${not(condition.isNegated)}${condition.kind}${writeGroup(condition.conditions)}`;
  const written = `.${not(condition.isNegated)}${writeTest(condition.test, quoted)}`;
  if (condition.kind === 'test') return `${writeField(condition.field)}${written}`;
  const counted = condition.field ? `${writeField(condition.field)}.` : '';
  return `${counted}${condition.aggregate}()${written}`;
}

const writeGroup = (conditions: readonly Condition[]): string => `(${conditions.map(writeWithin).join()})`;

function writeTop(condition: Condition): [name: string, value: string] {
  if (condition.kind === 'test') {
    const value = writeTest(condition.test, (text) => text);
    return [writeField(condition.field), `${not(condition.isNegated)}${value}`];
  }
  if (condition.kind === 'having') return ['having', `(${writeWithin(condition)})`];
  return [`${not(condition.isNegated)}${condition.kind}`, writeGroup(condition.conditions)];
}

function writeOrder(terms: readonly OrderTerm[]): string {
  const write = ({ field, relation, aggregate, direction, nulls }: OrderTerm) => {
    const by = field ? writeField(field) : '';
    const related = relation === undefined ? by : `${quoted(relation)}(${by})`;
    const aggregated = aggregate ? `${field ? '.' : ''}${aggregate}()` : '';
    return `${related}${aggregated}.${direction}${nulls ? `.nulls${nulls}` : ''}`;
  };
  return terms.map(write).join();
}

function* parametersOf(query: RowsQuery, path: string): Generator<[string, string]> {
  for (const condition of query.where) {
    const [name, value] = writeTop(condition);
    yield [path + name, value];
  }
  if (query.order.length > 0) yield [`${path}order`, writeOrder(query.order)];
  if (query.limit !== undefined) yield [`${path}limit`, `${query.limit}`];
  if (query.offset !== undefined) yield [`${path}offset`, `${query.offset}`];
  for (const item of query.select)
    if (item.kind === 'embed') yield* parametersOf(item, `${path}${quoted(item.alias ?? item.relation)}.`);
}

export function writeRowsUrl(url: RowsUrl): string {
  const parameters = new URLSearchParams([...parametersOf(url, '')]);
  parameters.append('select', writeSelect(url.select));
  const { columns, onConflict, on, cursor } = url;
  for (const [name, names] of Object.entries({ columns, on_conflict: onConflict, on }))
    if (names) parameters.append(name, names.map(quoted).join());
  if (cursor !== undefined) parameters.append('cursor', cursor);
  return parameters.toString();
}
