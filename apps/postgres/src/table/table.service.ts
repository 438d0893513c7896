import type { Call, CursorCodec, Page } from '@plinth/contracts';
import { readPage } from '@plinth/database';
import { type RecordedChange, toldOf } from '../ddl/recorded-change.ts';
import type { SchemaChanges } from '../ddl/schema-change.ts';
import type { Place } from '../placement/place.ts';
import { tryPatterns } from './pattern.ts';
import { planCreateTable, planRemoveTable, planUpdateTable } from './table.plan.ts';
import { planRemovePolicy, planRemoveViews } from '../policy/policy.plan.ts';
import { policyRepo } from '../policy/policy.repo.ts';
import { tableRepo } from './table.repo.ts';
import type {
  ChangedTable,
  CreateTable,
  ListTables,
  RemovedTable,
  RemoveTable,
  Table,
  UpdateTable,
} from './table.schema.ts';

interface TableDeps {
  schemas: SchemaChanges;
  change: RecordedChange;
  cursors: CursorCodec;
}

const told = (type: string, place: Place, id: string, data: object) =>
  toldOf(place, { kind: 'table', type: `table.${type}`, id, data: { ...data } });

export function createTableService({ schemas, change, cursors }: TableDeps) {
  return {
    create: (call: Call, { workspaceId: _, dryRun: isDry, ...input }: CreateTable): Promise<ChangedTable> =>
      change(call, {
        isDry,
        async plan(run, place) {
          await tryPatterns(run, { columns: input.columns, checks: input.checks });
          return planCreateTable(place, input);
        },
        see: (run, place) => tableRepo(run, place).get(input.name),
        tell: ({ place, seen, sql }) => ({
          result: { ...seen, sql: [...sql] },
          ...told('created', place, seen.name, { columns: seen.columns }),
        }),
      }),

    async list({ caller }: Call, { workspaceId, cursor, limit }: ListTables): Promise<Page<Table>> {
      const page = await schemas.read(caller, (run, place) =>
        readPage(cursors, { query: ['table.list', workspaceId], cursor, limit }, tableRepo(run, place).list),
      );
      return { ...page, data: page.data.map(({ id: _, ...table }) => table) };
    },

    get: ({ caller }: Call, name: string): Promise<Table> =>
      schemas.read(caller, (run, place) => tableRepo(run, place).get(name)),

    update(
      call: Call,
      { workspaceId: _, table: name, dryRun, ...input }: UpdateTable,
    ): Promise<ChangedTable> {
      return change(call, {
        isDry: dryRun,
        async plan(run, place) {
          const before = await tableRepo(run, place).get(name);
          await tryPatterns(run, { columns: input.addColumns, checks: input.addChecks });
          return planUpdateTable(place, before, input);
        },
        see: (run, place) => tableRepo(run, place).get(input.name ?? name),
        tell: ({ place, seen, sql }) => ({
          result: { ...seen, sql: [...sql] },
          ...told('updated', place, seen.name, { formerName: name, ...input }),
        }),
      });
    },

    remove: (call: Call, { table: name, cascade, dryRun: isDry }: RemoveTable): Promise<RemovedTable> =>
      change(call, {
        isDry,
        plan: async (run, place) => {
          await tableRepo(run, place).get(name);
          // Views that its policies ask would outlive it, and one of itself would hold it.
          const asked = await policyRepo(run, place).views(name);
          const asking = [...new Set(asked.map(({ policy }) => policy))];
          return [
            ...asking.map((policy) => planRemovePolicy(place, name, policy)),
            ...planRemoveViews(place, asked),
            ...planRemoveTable(place, name, { cascade }),
          ];
        },
        see: async () => name,
        tell: ({ place, sql }) => ({
          result: { name, deleted: true as const, sql: [...sql] },
          ...told('deleted', place, name, { cascade }),
        }),
      }),
  };
}

export type TableService = ReturnType<typeof createTableService>;
