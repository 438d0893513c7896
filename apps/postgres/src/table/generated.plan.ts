import { escapeLiteral } from 'pg';
import { operator } from '../ddl/predicate.ts';
import type { Generated } from './generated.schema.ts';
import { numberOf, type Ruled, subjectOf, textOf } from './subject.ts';

// The expression of a column that is made of others. All of it is immutable, as Postgres wants it: that is why a text is put
// together by an operator, and what is empty is a text without characters.

const ARITHMETIC = { add: '+', subtract: '-', multiply: '*' } as const;

const columnsOf = (given: Generated): readonly string[] =>
  'columns' in given ? given.columns : [given.column];

export function generatedSql(table: Ruled, given: Generated, field: string): string {
  const subjects = columnsOf(given).map((name, index) => {
    const path = 'columns' in given ? `${field}.columns.${index}` : `${field}.column`;
    return { subject: subjectOf(table, name, path), path };
  });
  const texts = (separator: string) =>
    subjects
      .map(({ subject, path }) => `coalesce(${textOf(subject, path)}, '')`)
      .join(` ${operator('||')} ${separator === '' ? '' : `${escapeLiteral(separator)} ${operator('||')} `}`);
  switch (given.as) {
    case 'textSearch':
      return `pg_catalog.to_tsvector('pg_catalog.${given.config}'::pg_catalog.regconfig, ${texts(' ')})`;
    case 'concat':
      return texts(given.separator ?? '');
    case 'lower':
    case 'upper':
      return subjects.map(({ subject, path }) => `pg_catalog.${given.as}(${textOf(subject, path)})`).join();
    default:
      return subjects
        .map(({ subject, path }) => numberOf(subject, path))
        .join(` ${operator(ARITHMETIC[given.as])} `);
  }
}
