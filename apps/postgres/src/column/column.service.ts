import type { Call, Page } from '@plinth/contracts';
import type { Column } from '../table/column.schema.ts';
import type { TableByName } from '../table/table.schema.ts';
import type { TableService } from '../table/table.service.ts';
import type { CreateColumn, RemoveColumn, UpdateColumn } from './column.schema.ts';

/** A column is changed as its table is: what is said here of one, a table's own update says of many. */
export function createColumnService({ tables }: { tables: TableService }) {
  return {
    async list(call: Call, { table }: TableByName): Promise<Page<Column>> {
      const { columns } = await tables.get(call, table);
      return { data: columns, pagination: { hasMore: false, nextCursor: null } };
    },

    create: (call: Call, { workspaceId, table, dryRun, ...column }: CreateColumn) =>
      tables.update(call, { workspaceId, table, dryRun, addColumns: [{ ...column, primaryKey: false }] }),

    update: (call: Call, { workspaceId, table, dryRun, column, name, ...change }: UpdateColumn) =>
      tables.update(call, {
        workspaceId,
        table,
        dryRun,
        alterColumns: [{ ...change, name: column, ...(name !== undefined && { newName: name }) }],
      }),

    remove: (call: Call, { workspaceId, table, dryRun, column }: RemoveColumn) =>
      tables.update(call, { workspaceId, table, dryRun, dropColumns: [column] }),
  };
}

export type ColumnService = ReturnType<typeof createColumnService>;
