import type { Standing } from '../placement/place.ts';
import { mayOnColumn, type Right } from '../schema-cache/rights.ts';
import type { Column, Table } from '../schema-cache/schema.ts';
import { columnSchema, exampleOf, type Schema } from './column-schema.ts';
import { componentName } from './component-name.ts';

// What a row of a table is for a caller: one that is read, one that is new, and a change of some, each with the columns that are
// granted for it.

/** Whether the document speaks of a column of a table. */
export type Known = (table: string, column: string) => boolean;

export interface RowSchemas {
  /** The columns that can be filtered by. */
  readable: readonly Column[];
  /** Their names among the schemas of the document. */
  names: { row: string; newRow: string; change: string };
  schemas: Record<string, Schema>;
  examples: { row: Schema; newRow: Schema; change: Schema };
}

export const rowSchemaName = (table: string): string => `Row.${componentName(table)}`;

/** As PostgREST marks keys, for the tools that look for it. */
function notesOn(table: Table, { name }: Column, known: Known): string[] {
  const primary = table.primaryKey.includes(name) ? ['This is a Primary Key.<pk/>'] : [];
  const foreign = table.outgoing.flatMap(({ columns, referencedTable, referencedColumns }) => {
    const column = referencedColumns[columns.indexOf(name)];
    if (column === undefined || !known(referencedTable, column)) return [];
    return `This is a Foreign Key to \`${referencedTable}.${column}\`.<fk table='${referencedTable}' column='${column}'/>`;
  });
  const notes = [...primary, ...foreign];
  return notes.length > 0 ? [`Note:\n${notes.join('\n')}`] : [];
}

/** What a new row has to say. */
const isRequired = ({ isNullable, hasDefault, isGenerated }: Column): boolean =>
  !isNullable && !hasDefault && !isGenerated;

const exampleRow = (properties: Readonly<Record<string, Schema>>): Schema =>
  Object.fromEntries(Object.entries(properties).map(([name, column]) => [name, exampleOf(column)]));

export function rowSchemas(table: Table, standing: Standing, known: Known): RowSchemas {
  const all = [...table.columns.values()];
  const granted = (right: Exclude<Right, 'delete'>) =>
    all.filter((column) => mayOnColumn(column, standing, right));
  const written = (right: 'insert' | 'update') => granted(right).filter(({ isGenerated }) => !isGenerated);
  const propertiesOf = (columns: readonly Column[]): Record<string, Schema> =>
    Object.fromEntries(
      columns.map((column) => [column.name, columnSchema(column, notesOn(table, column, known))]),
    );

  const readable = granted('select');
  const insertable = written('insert');
  const row = propertiesOf(readable);
  const newRow = propertiesOf(insertable);
  const change = propertiesOf(written('update'));
  const required = insertable.filter(isRequired).map(({ name }) => name);
  const name = componentName(table.name);
  const names = { row: rowSchemaName(table.name), newRow: `NewRow.${name}`, change: `RowChange.${name}` };
  const object = (description: string, properties: Record<string, Schema>): Schema => ({
    type: 'object',
    description,
    properties,
  });
  return {
    readable,
    names,
    schemas: {
      [names.row]: object(table.comment ?? `A row of ${table.name}.`, row),
      [names.newRow]: {
        ...object(`A new row of ${table.name}.`, newRow),
        ...(required.length > 0 && { required }),
      },
      [names.change]: object(`What changes in rows of ${table.name}.`, change),
    },
    examples: { row: exampleRow(row), newRow: exampleRow(newRow), change: exampleRow(change) },
  };
}
