import { AppError } from '@plinth/contracts';
import { LIMITS, tooComplex } from '../limits.ts';
import { shown } from '../scanner.ts';
import { checkColumn } from './columns-seen.ts';
import { type CsvField, type CsvLine, csvLines, invalidCsv, lineBreaksIn } from './csv-scanner.ts';
import type { RowsParser } from './rows-parser.ts';

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

function refuseNul(text: string, line: number): void {
  const nul = text.indexOf('\0');
  if (nul === -1) return;
  throw new AppError('INVALID_VALUE', {
    message: 'A text must be Unicode without U+0000',
    details: { line: line + lineBreaksIn(text.slice(0, nul)) },
  });
}

/** The first line names the columns. Values are texts, which Postgres reads as the types of the columns. */
export function createCsvParser(): RowsParser {
  const at = { line: 1 };
  let columns: string[] | undefined;
  let keys: string[] = [];
  return {
    line: () => at.line,
    *read(bytes) {
      const text = bytes.toString();
      refuseNul(text, at.line);
      const isMarked = at.line === 1 && text.startsWith('\ufeff');
      for (const line of csvLines(isMarked ? text.slice(1) : text, at)) {
        const { fields, number } = line;
        if (isEmpty(line)) continue;
        if (!columns) {
          columns = readHeader(line);
          keys = columns.map((column) => `${JSON.stringify(column)}:`);
          continue;
        }
        if (fields.length !== columns.length)
          throw invalidCsv(number, `it has ${fields.length} fields, and the first has ${columns.length}`);
        yield {
          json: `{${fields.map((field, i) => `${keys[i]}${writeValue(field)}`).join()}}`,
          line: number,
        };
      }
    },
    seen() {
      if (!columns) throw invalidCsv(1, 'it is to name the columns');
      return { columns, isUniform: true };
    },
    begin: () => undefined,
  };
}
