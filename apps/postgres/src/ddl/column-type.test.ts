import { describe, expect, test } from 'vitest';
import { COLUMN_TYPES, columnTypeOf } from './column-type.ts';

describe('a type of a column', () => {
  test.each([
    ['text', 'text'],
    ['TEXT', 'text'],
    [' int ', 'integer'],
    ['varchar(100)', 'varchar(100)'],
    ['character varying ( 100 )', 'varchar(100)'],
    ['numeric(10,2)', 'numeric(10, 2)'],
    ['decimal( 10 , 2 )[]', 'numeric(10, 2)[]'],
    ['timestamp  with time zone', 'timestamptz'],
    ['timestamptz(3)', 'timestamptz(3)'],
    ['text []', 'text[]'],
    ['double precision', 'double precision'],
  ])('%s is %s', (written, sql) => expect(columnTypeOf(written)).toBe(sql));

  test.each([
    '',
    'regclass',
    'oid',
    'name',
    'text(5)',
    'varchar(0)',
    'varchar(10485761)',
    'numeric(1001)',
    'numeric(5,6)',
    'timestamptz(7)',
    'varchar(1,2)',
    'text[][]',
    'text default now()',
    'text; drop table t',
    'text"',
    'text)',
    'pg_catalog.text',
    '"text"',
    'setof text',
    'text collate "C"',
    'text\u0000',
    'ｔext',
    '__proto__',
    'constructor',
  ])('%j is none', (written) => expect(columnTypeOf(written)).toBeUndefined());

  test('is only ever made of the list, digits and brackets', () => {
    for (const name of COLUMN_TYPES) {
      for (const more of ['', '(3)', '(3,2)', '[]', '(3)[]', '(3', ')', "'", '(a)', ' x']) {
        expect(columnTypeOf(name + more) ?? 'text').toMatch(/^[a-z][a-z0-9 ]*(\(\d+(, \d+)?\))?(\[\])?$/);
      }
    }
  });
});
