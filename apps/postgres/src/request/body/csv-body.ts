import { AppError } from '@plinth/contracts';
import { LIMITS, tooComplex } from '../limits.ts';
import { shown } from '../scanner.ts';
import { checkColumn } from './columns-seen.ts';
import { type CsvField, type CsvLine, csvLines, invalidCsv, lineAt } from './csv-scanner.ts';
import type { RowsBody } from './rows-body.ts';

const isEmpty = ({ fields: [first, second] }: CsvLine): boolean =>
  first?.text === '' && !first.isQuoted && second === undefined;

/** NULL is null, in quotes it is the word; nothing is the empty text. */
const writeValue = ({ text, isQuoted }: CsvField): string =>
  text === 'NULL' && !isQuoted ? 'null' : JSON.stringify(text);

function readHeader({ fields, number }: CsvLine): string[] {
  if (fields.length > LIMITS.columns) throw tooComplex('columns', { line: number });
  const columns = new Set<string>();
  for (const { text } of fields) {
    const column = text.trim();
    if (column === '') throw invalidCsv(number, 'a column has no name');
    if (columns.has(column)) throw invalidCsv(number, `"${shown(column)}" is there twice`);
    checkColumn(column, { line: number });
    columns.add(column);
  }
  return [...columns];
}

/** The first line names the columns. Values are texts, which Postgres reads as the types of the columns. */
export function readCsv(text: string): RowsBody {
  const nul = text.indexOf('\0');
  if (nul !== -1)
    throw new AppError('INVALID_VALUE', {
      message: 'A text must be Unicode without U+0000',
      details: { line: lineAt(text, nul) },
    });
  let columns: string[] | undefined;
  let keys: string[] = [];
  const rows: string[] = [];
  for (const line of csvLines(text)) {
    if (isEmpty(line)) continue;
    if (!columns) {
      columns = readHeader(line);
      keys = columns.map((column) => `${JSON.stringify(column)}:`);
      continue;
    }
    if (line.fields.length !== columns.length)
      throw invalidCsv(
        line.number,
        `it has ${line.fields.length} fields, and the first has ${columns.length}`,
      );
    if (rows.length === LIMITS.rows) throw tooComplex('rows', { line: line.number });
    rows.push(`{${line.fields.map((field, i) => `${keys[i]}${writeValue(field)}`).join()}}`);
  }
  if (!columns) throw invalidCsv(1, 'it is to name the columns');
  return { json: `[${rows.join()}]`, isArray: true, count: rows.length, columns, isUniform: true };
}
