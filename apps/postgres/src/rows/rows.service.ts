import type { Call, CursorCodec } from '@plinth/contracts';
import type { Placements } from '../placement/placement.service.ts';
import type { LoginPools } from '../query/login-pools.ts';
import type { SchemaCache } from '../schema-cache/schema-cache.ts';
import { createExportRows } from './export.ts';
import { createOnce } from './once.ts';
import { createReadRows } from './read.ts';
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
import { createWorkspaces } from './workspace.ts';
import { createWriteRows, type WroteRows } from './write.ts';

interface RowsDeps {
  placements: Placements;
  pools: LoginPools;
  schemas: SchemaCache;
  cursors: CursorCodec;
  /** Of the master key, for what is recorded of idempotency keys. */
  keys: readonly Buffer[];
}

const written = ({ body, affected, inserted }: WroteRows): WrittenRows => ({
  affected,
  inserted: inserted ?? 0,
  rows: body === null ? null : rowsIn(body),
});

export function createRowsService({ placements, pools, schemas, cursors, keys }: RowsDeps) {
  const workspaces = createWorkspaces({ placements, schemas });
  const read = createReadRows({ workspaces, pools, cursors });
  const write = createWriteRows({ workspaces, once: createOnce({ pools, keys }) });

  return {
    read,
    write,
    export: createExportRows({ workspaces, pools }),

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
