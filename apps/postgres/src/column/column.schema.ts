import { pageOf } from '@plinth/contracts';
import { z } from 'zod';
import { columnName, dryRun, tableName, workspaceId } from '../ddl/change.schema.ts';
import { column, columnChange, newColumn } from '../table/column.schema.ts';

export const columnPage = pageOf(column).meta({
  id: 'TableColumnPage',
  description: 'The columns of a table.',
});

export const createColumn = z
  .strictObject({
    workspaceId,
    table: tableName,
    ...newColumn.omit({ primaryKey: true }).shape,
    dryRun,
  })
  .meta({ example: { name: 'subtitle', type: 'text', comment: 'Shown below the title.' } });
export type CreateColumn = z.output<typeof createColumn>;

const { newName, ...changeable } = columnChange.omit({ name: true }).shape;

export const updateColumn = z.strictObject({
  workspaceId,
  table: tableName,
  column: columnName,
  name: newName,
  ...changeable,
  dryRun,
});
export type UpdateColumn = z.output<typeof updateColumn>;

export const removeColumn = z.strictObject({ workspaceId, table: tableName, column: columnName, dryRun });
export type RemoveColumn = z.output<typeof removeColumn>;
