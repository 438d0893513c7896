import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@plinth/contracts';
import { isFullSize } from '@plinth/testing';
import { expect, test } from 'vitest';
import type { Statement } from '../query/statement.ts';
import { createMonkey, MARKER, randomFrom } from '../testing/generated-requests.ts';
import { LIBRARY } from '../testing/library.ts';

const REQUESTS = isFullSize ? 100_000 : 10_000;
const SEED = 20_261_121;

function plansOf(shape: number, texts: number): Statement[] | AppError {
  try {
    return createMonkey(randomFrom(shape), randomFrom(texts)).plan();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Every name that the plan may have taken from the schema, and those of its own that stand in quotes. */
const NAMES = new Set(
  [
    LIBRARY.name,
    ...[...LIBRARY.tables.values()].flatMap((table) => [
      table.name,
      ...table.columns.keys(),
      ...[...table.outgoing, ...table.incoming].map(({ name }) => name),
    ]),
    ...[...LIBRARY.functions.values()]
      .flat()
      .flatMap(({ name, parameters }) => [name, ...parameters.map((one) => one.name)]),
    ...['count', 'sum', 'avg', 'min', 'max', 'left', 'right', 'ordinality', 'inserted', '_inserted'],
  ].map(quoted),
);

const LITERALS = new Set(["'[]'", "'{'", "'}'", "', '", `'"simple"'`, `'"english"'`, `'"odd''config"'`]);

const WORDS = new Set(
  `a affected all and any array_agg as avg b bigint body bool_and boolean bpchar by case character coalesce complete_request conflict count date delete desc
  distinct do double else end excluded exists explain f false filter first for format from group having insert inserted int4range integer
  into is j join json json_agg json_array_elements json_build_array json_build_object json_strip_nulls json_to_record
  json_to_recordset jsonb k key last lateral left length limit line matched materialized max min mood n no not nothing null nulls numeric o of offset on
  operator or order ordinality over pg_catalog phraseto_tsquery plainto_tsquery plinth precision r recorded refuse_affected refuse_outcome regconfig returning
  row row_number row_to_json rows select set short sum text then time timestamp to_json to_jsonb to_tsquery to_tsvector total true union unknown unmatched
  update using v variadic varying version w websearch_to_tsquery when where with ws_library x xid xmax xmin zone`.split(
    /\s+/,
  ),
);

/** Aliases that are counted through. */
const NUMBERED = /^[tecw]\d{1,2}$/;
const NUMBERS = new Set(['0', '1', '2', '3', '5', '10', '13', '1001']);
const SIGNS = new Set(
  '( ) [ ] , : . * = => # > >= < <= <> #> #>> && &< &> -> -|- << >> <@ @> @@ ~ ~* ~~ ~~*'.split(' '),
);

const TOKENS =
  /"(?:[^"]|"")*"|'(?:[^']|'')*'|\$\d+|[a-z_][a-z_0-9]*|\d+|[()[\],:.]|[^\sa-z0-9_"'$()[\],:.]+/g;

/** Names of the schema in quotes, our own words, signs and literals, parameters that are there: nothing else makes a statement. */
function isOurs(token: string, parameters: number): boolean {
  if (token.startsWith('"')) return NAMES.has(token);
  if (token.startsWith("'")) return LITERALS.has(token);
  if (token.startsWith('$')) return Number(token.slice(1)) <= parameters;
  return WORDS.has(token) || SIGNS.has(token) || NUMBERS.has(token) || NUMBERED.test(token);
}

function strayTokens({ text, values }: Statement): string[] {
  const stray = (text.match(TOKENS) ?? []).filter((token) => !isOurs(token, values.length));
  const rest = text.replaceAll(TOKENS, '').trim();
  return rest === '' ? stray : [...stray, rest];
}

function assertClean(statement: Statement): void {
  const stray = strayTokens(statement);
  if (stray.length > 0 || statement.text.includes(MARKER))
    expect({ stray, text: statement.text }).toBeUndefined();
}

test('no byte of a caller stands in SQL outside a parameter, and the text follows from the shape alone', {
  timeout: 240_000,
}, () => {
  let planned = 0;
  for (let request = 0; request < REQUESTS; request += 1) {
    const plans = plansOf(request, SEED + request);
    if (plans instanceof AppError) continue;
    planned += 1;
    plans.forEach(assertClean);
    if (request % 10 > 0) continue;
    const again = plansOf(request, -request);
    const texts = again instanceof AppError ? again.code : again.map(({ text }) => text);
    expect(texts).toEqual(plans.map(({ text }) => text));
  }
  expect(planned).toBeGreaterThan(REQUESTS / 2);
});

test('what the check looks for, it finds', () => {
  for (const text of [
    'select $2',
    `select ${MARKER}`,
    'select "zqx"',
    "select 'x'",
    'select 1; --',
    'select pg_sleep(5)',
    'a ; b',
  ]) {
    expect(strayTokens({ text, values: ['x'] })).not.toEqual([]);
  }
});

test('SQL is made of trusted text in one place', () => {
  const files = readdirSync(import.meta.dirname).filter(
    (file) => file.endsWith('.ts') && !file.includes('.test.'),
  );
  const importing = files.filter((file) =>
    /\btrusted\b/.test(readFileSync(join(import.meta.dirname, file), 'utf8')),
  );
  expect(importing.sort()).toEqual(['identifiers.ts', 'sql.ts']);
});
