import { randomInt } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { COLUMN_TYPES } from '../ddl/column-type.ts';
import type { Place } from '../placement/place.ts';
import { createExists } from '../policy/exists.ts';
import { createPolicy } from '../policy/policy.schema.ts';
import { predicateSql } from '../policy/predicate.ts';
import { planCreateTable, planUpdateTable } from './table.plan.ts';
import { createTable, type Table, updateTable } from './table.schema.ts';

// Whatever a request says, it comes into SQL as a quoted name, as a quoted constant, or as one of a closed list of words.

const place: Place = {
  workspaceId: 'wks_01HV3C8F3K7Q2M5N9R4T6W8Y0Z',
  tenantId: 'tnt_1',
  organizationId: 'org_1',
  cluster: 'main',
  database: 'workspaces',
  mode: 'shared',
  schema: 'ws_01hv3c8f3k7q2m5n9r4t6w8y0z',
  passwordVersion: 1,
};
const { workspaceId } = place;

const HOSTILE = [
  "'",
  "''",
  '"',
  '\\',
  "\\'",
  "'); drop table t; --",
  '$$',
  '$1',
  '/*',
  '*/',
  "E'",
  "x' || pg_sleep(9) || '",
  ';',
  '\n',
  '\u2019',
  '\ud83d\ude00',
];

const pick = <T>(list: readonly T[]): T =>
  list.reduce((chosen, one, index) => (randomInt(index + 1) === 0 ? one : chosen));
/** Each piece bears a mark, by which it would be known outside of quotes. */
const hostile = (): string => Array.from({ length: randomInt(1, 4) }, () => `MARK${pick(HOSTILE)}`).join('');
const name = (): string => `${pick(['a', 'B', '_', 'select', 'MARK'])}${randomInt(1e6)}`;
const value = () =>
  pick([hostile(), randomInt(100), -1.5e300, true, null, [hostile(), null], { [hostile()]: hostile() }]);

/** What is left of a statement without its quoted names and constants, read as Postgres reads them. */
function withoutQuoted(text: string): string {
  return text.replace(/"(?:[^"]|"")+"| ?E'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'/gs, (quoted) =>
    quoted.startsWith('"') ? '«name»' : '«constant»',
  );
}

const LEFT = /^[a-z0-9_ ,().:=<>~|[\]«»+-]*$/;

function checkSql(text: string): void {
  const rest = withoutQuoted(text);
  expect(rest).not.toContain('MARK');
  expect(rest).toMatch(LEFT);
  expect(rest).not.toContain('--');
}

const columnCheck = () =>
  pick([
    { operator: pick(['eq', 'neq', 'lt', 'gte']), value: pick([hostile(), randomInt(9), true]) },
    { operator: 'eq', other: pick(['id', 'title']) },
    { operator: 'in', value: [hostile(), hostile()] },
    { operator: 'matches', value: hostile() },
    { operator: 'length', min: randomInt(9), max: 9 },
    { operator: pick(['notEmpty', 'isNull']) },
  ]);
const check = () => {
  const condition = () => ({ column: pick(['id', 'title']), ...columnCheck() });
  const conditions = [condition(), { match: pick(['all', 'any']), conditions: [condition()] }];
  return { name: name(), match: pick(['all', 'any']), conditions, validate: pick([undefined, false]) };
};
const made = () =>
  pick([
    { as: 'concat', columns: ['id', 'title'], separator: hostile().slice(0, 20) },
    { as: 'textSearch', config: 'english', columns: ['title'] },
    { as: pick(['lower', 'upper']), column: pick(['id', 'title']) },
  ]);
const foreignKey = () => ({
  name: pick([undefined, name()]),
  columns: ['id'],
  references: { table: name(), columns: [name()] },
  onUpdate: pick([undefined, 'setDefault']),
});

const column = () => ({
  name: name(),
  type: pick(COLUMN_TYPES) + pick(['', '[]']),
  nullable: pick([true, false]),
  unique: pick([true, false]),
  comment: pick([undefined, null, hostile()]),
  default: pick([
    undefined,
    { value: value() },
    { function: pick(['now()', 'gen_random_uuid()', 'plinth.uid()', 'current_date'] as const) },
  ]),
  references: pick([
    undefined,
    { table: name(), column: name(), onDelete: pick(['cascade', 'setNull'] as const) },
  ]),
  hiddenFrom: pick([[], ['user'], ['user', 'key']]),
});

const before: Table = {
  name: 'note',
  comment: null,
  policiesFor: ['user'],
  constraints: [],
  columns: ['id', 'title', 'words'].map((known) => ({
    name: known,
    type: known === 'words' ? 'character varying(10)[]' : 'text',
    nullable: true,
    default: known === 'title' ? "''::text" : null,
    generated: null,
    primaryKey: false,
    identity: null,
    unique: false,
    references: null,
    comment: null,
    hiddenFrom: [],
  })),
};

/** What is refused is refused before there is SQL. */
function unlessRefused(work: () => string[]): string[] {
  try {
    return work();
  } catch (error) {
    expect(error).toMatchObject({ code: expect.stringMatching(/^(VALIDATION_FAILED|COLUMN_NOT_FOUND)$/) });
    return [];
  }
}

describe('nothing of a request stands outside of quotes', () => {
  test('when a table is made', () => {
    let statements = 0;
    for (let i = 0; i < 1_000; i++) {
      const input = createTable.parse({
        workspaceId,
        name: name(),
        comment: pick([undefined, hostile()]),
        columns: [
          column(),
          { ...column(), name: `other${i}` },
          { name: 'id', type: 'text', checks: [columnCheck()] },
          { name: 'title', type: 'varchar(9)' },
          { name: 'made', type: 'text', generated: made() },
        ],
        checks: [check()],
        foreignKeys: [foreignKey()],
        uniques: [{ columns: ['title', 'id'] }],
        policiesFor: pick([[], ['user'], ['key']]),
      });
      for (const text of unlessRefused(() => planCreateTable(place, input).map((one) => one.text))) {
        checkSql(text);
        statements += 1;
      }
    }
    expect(statements).toBeGreaterThan(1_000);
  });

  test('when a table is changed', () => {
    let statements = 0;
    for (let i = 0; i < 1_000; i++) {
      const input = updateTable.parse({
        workspaceId,
        table: 'note',
        name: name(),
        comment: pick([null, hostile()]),
        addColumns: [column(), { name: 'made', type: 'text', generated: made() }],
        alterColumns: [
          {
            name: pick(['id', 'title', 'words']),
            newName: name(),
            default: pick([null, { value: value() }]),
            comment: hostile(),
          },
        ],
        dropColumns: pick([[], ['id']]),
        addChecks: [check()],
        addForeignKeys: [foreignKey()],
      });
      for (const text of unlessRefused(() => planUpdateTable(place, before, input).map((one) => one.text))) {
        checkSql(text);
        statements += 1;
      }
    }
    expect(statements).toBeGreaterThan(1_000);
  });

  test('when a policy is made', () => {
    let predicates = 0;
    for (let i = 0; i < 1_000; i++) {
      const column = pick(['id', 'title']);
      const condition = pick([
        { column, operator: 'eq', value: pick([hostile(), 5, true]) },
        { column, operator: 'in', value: [hostile(), hostile()] },
        { column, operator: pick(['neq', 'lt']), claim: hostile() },
        { column, operator: 'in', claim: hostile() },
        { claim: hostile(), operator: 'eq', value: hostile() },
        { column, operator: 'eq', uid: true },
        {
          exists: {
            table: 'note',
            where: [
              { column, operator: 'eq', row: 'id' },
              { column, operator: pick(['eq', 'lt']), claim: hostile() },
              { column, operator: 'in', value: [hostile()] },
            ],
          },
        },
      ]);
      const using = {
        match: pick(['all', 'any']),
        conditions: [condition, { match: 'any', conditions: [condition] }],
      };
      const input = createPolicy.parse({ workspaceId, table: 'note', name: name(), using });
      if (!input.using) throw new Error('the predicate is lost');
      const exists = createExists({
        place,
        table: before,
        to: ['user'],
        others: new Map([['note', before]]),
      });
      checkSql(predicateSql(before, input.using, 'using', exists.sql));
      for (const { text } of exists.views) checkSql(text);
      predicates += 1;
    }
    expect(predicates).toBe(1_000);
  });
});
