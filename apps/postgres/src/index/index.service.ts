import { AppError, type Call, type Page } from '@plinth/contracts';
import { inSchema, listOf, quoted } from '../ddl/identifier.ts';
import { type RecordedChange, toldOf } from '../ddl/recorded-change.ts';
import type { PlannedStatement, SchemaChanges } from '../ddl/schema-change.ts';
import type { Place } from '../placement/place.ts';
import { columnNotFound } from '../table/table.plan.ts';
import { tableRepo } from '../table/table.repo.ts';
import type { Table, TableByName } from '../table/table.schema.ts';
import { indexRepo } from './index.repo.ts';
import type { ChangedIndex, CreateIndex, RemovedIndex, RemoveIndex, TableIndex } from './index.schema.ts';

interface IndexDeps {
  schemas: SchemaChanges;
  change: RecordedChange;
}

const LONGEST_NAME = 63;

const told = (type: string, place: Place, table: string, id: string, data: object) =>
  toldOf(place, { kind: 'index', type: `index.${type}`, id, data: { table, ...data } });

const nameOf = ({ name, table, columns }: CreateIndex): string =>
  name ?? [table, ...columns.map((column) => column.name), 'idx'].join('_').slice(0, LONGEST_NAME);

function checkColumns(table: Table, { columns, include }: CreateIndex): void {
  const given = [
    ...columns.map(({ name }, index) => [name, `columns.${index}.name`] as const),
    ...include.map((name, index) => [name, `include.${index}`] as const),
  ];
  for (const [name, field] of given) {
    if (table.columns.every((column) => column.name !== name)) throw columnNotFound(table.name, name, field);
  }
}

function planCreateIndex(place: Place, input: CreateIndex): PlannedStatement {
  const { table, columns, include, method, unique } = input;
  const keys = columns.map(({ name, descending }) => `${quoted(name)}${descending ? ' desc' : ''}`);
  const text = [
    `create ${unique ? 'unique ' : ''}index ${quoted(nameOf(input))}`,
    `on ${inSchema(place.schema, table)} using ${method} (${keys.join(', ')})`,
    ...(include.length > 0 ? [`include (${listOf(include)})`] : []),
  ].join(' ');
  return { text, field: 'columns' };
}

export function createIndexService({ schemas, change }: IndexDeps) {
  return {
    async list({ caller }: Call, { table }: TableByName): Promise<Page<TableIndex>> {
      const data = await schemas.read(caller, async (run, place) => {
        await tableRepo(run, place).get(table);
        return indexRepo(run, place).list(table);
      });
      return { data, pagination: { hasMore: false, nextCursor: null } };
    },

    create: (call: Call, input: CreateIndex): Promise<ChangedIndex> =>
      change(call, {
        isDry: input.dryRun,
        plan: async (run, place) => {
          checkColumns(await tableRepo(run, place).get(input.table), input);
          return [planCreateIndex(place, input)];
        },
        see: (run, place) => indexRepo(run, place).get(input.table, nameOf(input)),
        tell: ({ place, seen, sql }) => ({
          result: { ...seen, sql: [...sql] },
          ...told('created', place, input.table, seen.name, { columns: seen.columns }),
        }),
      }),

    remove: (call: Call, { table, index, dryRun }: RemoveIndex): Promise<RemovedIndex> =>
      change(call, {
        isDry: dryRun,
        plan: async (run, place) => {
          await tableRepo(run, place).get(table);
          const { constraint } = await indexRepo(run, place).get(table, index);
          if (constraint) {
            throw new AppError('CONFLICT', {
              message: 'The index belongs to a key of the table',
              details: { index },
            });
          }
          return [{ text: `drop index ${inSchema(place.schema, index)}`, field: 'index' }];
        },
        see: async () => index,
        tell: ({ place, sql }) => ({
          result: { name: index, deleted: true as const, sql: [...sql] },
          ...told('deleted', place, table, index, {}),
        }),
      }),
  };
}

export type IndexService = ReturnType<typeof createIndexService>;
