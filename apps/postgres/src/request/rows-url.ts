import type { Condition, RowsQuery, RowsUrl } from './ast.ts';
import { checkComplexity } from './complexity.ts';
import { isTestNext, readTest } from './condition-test.ts';
import { findEmbed } from './embeds.ts';
import { readHaving } from './having.ts';
import { type ReadLeaf, readFilter, readGroup } from './logic.ts';
import { type Meaning, meaningOf, once, refuse, scannerOf } from './meaning.ts';
import { readNames } from './name.ts';
import { parseOrder } from './order.ts';
import type { ParameterName } from './parameter-name.ts';
import { type Parameter, parseQueryString } from './query-string.ts';
import { parseRowCount } from './row-range.ts';
import { parseSelect } from './select.ts';

// The URL of rows in the grammar of PostgREST, and what is added to it: `having`, `cursor`, and `on` for bulk updates.

/** An argument of a function that is called by its URL. */
export interface UrlArgument {
  name: string;
  value: string;
}

function readNamesOf(parameter: Parameter): string[] {
  return readNames(scannerOf(parameter, 'INVALID_SELECT'), 'a column');
}

function readWhole(parameter: Parameter, readLeaf: ReadLeaf): Condition[] {
  const scanner = scannerOf(parameter);
  const conditions = readGroup(scanner, readLeaf);
  scanner.expectEnd();
  return conditions;
}

function readCondition(
  { name: parameter, value }: Parameter,
  name: ParameterName & { kind: 'filter' },
): Condition {
  const scanner = scannerOf({ name: parameter, value });
  const { isNegated, test } = readTest(scanner, 'alone');
  scanner.expectEnd();
  return { kind: 'test', isNegated, field: name.field, test, at: { parameter, offset: 0 } };
}

function addTo(query: RowsQuery, meaning: Meaning): void {
  const { parameter, name } = meaning;
  switch (name.kind) {
    case 'filter':
      query.where = [...query.where, readCondition(parameter, name)];
      break;
    case 'and':
    case 'or': {
      const conditions = readWhole(parameter, readFilter);
      query.where = [...query.where, { kind: name.kind, isNegated: name.isNegated, conditions }];
      break;
    }
    case 'having':
      query.where = [...query.where, ...readWhole(parameter, readHaving)];
      break;
    case 'order':
      if (query.order.length > 0) refuse(meaning, 'is given more than once; put commas between the columns');
      query.order = parseOrder(parameter.name, parameter.value);
      break;
    case 'limit':
      query.limit = once(meaning, query.limit, () => parseRowCount(parameter.name, parameter.value));
      break;
    case 'offset':
      query.offset = once(meaning, query.offset, () => parseRowCount(parameter.name, parameter.value));
      break;
  }
}

function addToRequest(url: RowsUrl, meaning: Meaning): void {
  const { parameter, name } = meaning;
  switch (name.kind) {
    case 'columns':
      url.columns = once(meaning, url.columns, () => readNamesOf(parameter));
      break;
    case 'on_conflict':
      url.onConflict = once(meaning, url.onConflict, () => readNamesOf(parameter));
      break;
    case 'on':
      url.on = once(meaning, url.on, () => readNamesOf(parameter));
      break;
    case 'cursor':
      url.cursor = once(meaning, url.cursor, () => parameter.value);
      break;
  }
}

function selectOf(meanings: readonly Meaning[]): RowsUrl['select'] {
  const [select, another] = meanings.filter(({ name }) => name.kind === 'select');
  if (another) refuse(another, 'is given more than once; put commas between the columns');
  return select ? parseSelect(select.parameter.value) : [{ kind: 'all' }];
}

function build(meanings: readonly Meaning[]): RowsUrl {
  const url: RowsUrl = {
    select: selectOf(meanings),
    where: [],
    order: [],
    limit: undefined,
    offset: undefined,
    columns: undefined,
    onConflict: undefined,
    on: undefined,
    cursor: undefined,
  };
  for (const meaning of meanings) {
    if ('path' in meaning.name)
      addTo(
        findEmbed(url, meaning.name.path, (problem) => refuse(meaning, problem)),
        meaning,
      );
    else addToRequest(url, meaning);
  }
  checkComplexity(url);
  return url;
}

export const parseRowsUrl = (query: string): RowsUrl => build(parseQueryString(query).map(meaningOf));

const isArgument = ({ parameter, name }: Meaning): boolean =>
  name.kind === 'filter' &&
  name.path.length === 0 &&
  name.field.steps.length === 0 &&
  !isTestNext(scannerOf(parameter));

/** The URL that calls a function: a parameter without an operator is an argument, one with it filters what is returned. */
export function parseCallUrl(query: string): { url: RowsUrl; arguments: UrlArgument[] } {
  const meanings = parseQueryString(query).map(meaningOf);
  return {
    url: build(meanings.filter((meaning) => !isArgument(meaning))),
    arguments: meanings
      .filter(isArgument)
      .flatMap(({ parameter, name }) =>
        name.kind === 'filter' ? [{ name: name.field.column, value: parameter.value }] : [],
      ),
  };
}
