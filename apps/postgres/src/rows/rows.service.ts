import type { Call } from '@plinth/contracts';
import { createExportRows } from './export.ts';
import { createImportRows, type ImportDeps } from './import.ts';
import { createReadRows, type ReadDeps } from './read.ts';
import type {
  InsertRows,
  ListedRows,
  ListRows,
  RemoveRows,
  UpdateRows,
  UpsertRow,
  WrittenRows,
} from './rows.schema.ts';
import { readOf, removalOf, rowsIn, updateOf, upsertOf, insertOf } from './typed.ts';
import { createWriteRows, type WroteRows } from './write.ts';

const written = ({ body, affected, inserted }: WroteRows): WrittenRows => ({
  affected,
  inserted: inserted ?? 0,
  rows: body === null ? null : rowsIn(body),
});

export function createRowsService(deps: ReadDeps & ImportDeps) {
  const read = createReadRows(deps);
  const write = createWriteRows(deps);

  return {
    read,
    write,
    export: createExportRows(deps),
    import: createImportRows(deps),

    async list(call: Call, input: ListRows, signal?: AbortSignal): Promise<ListedRows> {
      const { body = '[]', total, nextCursor } = await read(call, readOf(input, signal));
      return { rows: rowsIn(body), total: total ?? null, nextCursor: nextCursor ?? null };
    },
    insert: async (call: Call, input: InsertRows, signal?: AbortSignal): Promise<WrittenRows> =>
      written(await write(call, insertOf(input, signal))),
    update: async (call: Call, input: UpdateRows, signal?: AbortSignal): Promise<WrittenRows> =>
      written(await write(call, updateOf(input, signal))),
    upsert: async (call: Call, input: UpsertRow, signal?: AbortSignal): Promise<WrittenRows> =>
      written(await write(call, upsertOf(input, signal))),
    remove: async (call: Call, input: RemoveRows, signal?: AbortSignal): Promise<WrittenRows> =>
      written(await write(call, removalOf(input, signal))),
  };
}

export type RowsService = ReturnType<typeof createRowsService>;
