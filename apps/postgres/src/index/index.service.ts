import { AppError, type Call, type Page } from '@plinth/contracts';
import { inSchema, listOf, quoted } from '../ddl/identifier.ts';
import { type RecordedChange, toldOf } from '../ddl/recorded-change.ts';
import type { PlannedStatement, SchemaChanges } from '../ddl/schema-change.ts';
import type { Place } from '../placement/place.ts';
import type { Placements } from '../placement/placement.service.ts';
import { columnNotFound } from '../table/column-not-found.ts';
import { tableRepo } from '../table/table.repo.ts';
import type { Table, TableByName } from '../table/table.schema.ts';
import type { BuildIndex } from './index-build.ts';
import { indexNotFound, indexRepo } from './index.repo.ts';
import type {
  ChangedIndex,
  CreateIndex,
  IndexByName,
  RemovedIndex,
  RemoveIndex,
  TableIndex,
} from './index.schema.ts';

interface IndexDeps {
  schemas: SchemaChanges;
  change: RecordedChange;
  /** Where an index need not be of a transaction. */
  beside?: { build: BuildIndex; cancel: Placements['cancel'] };
}

const LONGEST_NAME = 63;
/** A table without rows, on which an index of a large one is tried. */
const STAND_IN = '_plinth_dry_run';

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

function createIndexText(place: Place, input: CreateIndex, how = '', on = input.table): string {
  const { columns, include, method, unique } = input;
  const keys = columns.map(({ name, descending }) => `${quoted(name)}${descending ? ' desc' : ''}`);
  return [
    `create ${unique ? 'unique ' : ''}index ${how}${quoted(nameOf(input))}`,
    `on ${inSchema(place.schema, on)} using ${method} (${keys.join(', ')})`,
    ...(include.length > 0 ? [`include (${listOf(include)})`] : []),
  ].join(' ');
}

const dropStatement = (place: Place, index: string): PlannedStatement => ({
  text: `drop index ${inSchema(place.schema, index)}`,
  field: 'index',
});

export function createIndexService({ schemas, change, beside }: IndexDeps) {
  /** What cannot be tried beside the work of others is tried on a table like it: all but its rows. */
  const tryIndex = (place: Place, input: CreateIndex): PlannedStatement[] => [
    {
      text: `create table ${inSchema(place.schema, STAND_IN)} (like ${inSchema(place.schema, input.table)})`,
      field: 'table',
    },
    { text: createIndexText(place, input, '', STAND_IN), field: 'columns' },
  ];

  return {
    async list({ caller }: Call, { table }: TableByName): Promise<Page<TableIndex>> {
      const data = await schemas.read(caller, async (run, place) => {
        await tableRepo(run, place).get(table);
        return indexRepo(run, place).list(table);
      });
      return { data, pagination: { hasMore: false, nextCursor: null } };
    },

    get: ({ caller }: Call, { table, index }: IndexByName): Promise<TableIndex> =>
      schemas.read(caller, async (run, place) => {
        await tableRepo(run, place).get(table);
        return indexRepo(run, place).get(table, index);
      }),

    create(call: Call, input: CreateIndex): Promise<ChangedIndex> {
      const { table, dryRun: isDry } = input;
      const name = nameOf(input);
      let tried: string | undefined;
      const concurrently = (place: Place) => createIndexText(place, input, 'concurrently ');
      return change(call, {
        isDry,
        async plan(run, place) {
          checkColumns(await tableRepo(run, place).get(table), input);
          const indexes = indexRepo(run, place);
          const known = await indexes.find(table, name);
          const cleared = known?.state === 'failed' ? [dropStatement(place, name)] : [];
          if (!beside || !(await indexes.isLarge(table)))
            return [...cleared, { text: createIndexText(place, input), field: 'columns' }];
          if (known && cleared.length === 0)
            throw new AppError('TABLE_EXISTS', { details: { index: name, field: 'columns' } });
          if (!isDry) return cleared;
          tried = concurrently(place);
          return [...cleared, ...tryIndex(place, input)];
        },
        async see(run, place) {
          const indexes = indexRepo(run, place);
          return (
            (await indexes.find(table, name)) ??
            ((tried && (await indexes.find(STAND_IN, name))) || undefined)
          );
        },
        // One that was begun under this key before goes on; one that came to nothing is begun again.
        finish: async (place, seen) =>
          !beside || (seen && seen.state !== 'failed')
            ? seen
            : beside.build(call.caller, place, { table, name, text: concurrently(place) }),
        tell({ place, seen, sql }) {
          if (!seen) throw indexNotFound(table, name);
          const made = tried ? { ...seen, definition: tried } : seen;
          const { columns, state } = made;
          return {
            result: { ...made, sql: tried ? [tried] : [...sql] },
            ...told('created', place, table, name, { columns, state }),
          };
        },
      });
    },

    remove: (call: Call, { table, index, dryRun }: RemoveIndex): Promise<RemovedIndex> =>
      change(call, {
        isDry: dryRun,
        plan: async (run, place) => {
          await tableRepo(run, place).get(table);
          const indexes = indexRepo(run, place);
          const { constraint, state } = await indexes.get(table, index);
          if (constraint) {
            throw new AppError('CONFLICT', {
              message: 'The index belongs to a key of the table',
              details: { index },
            });
          }
          const builder = state === 'building' && !dryRun ? await indexes.builderOf(index) : undefined;
          if (builder !== undefined) await beside?.cancel(place, builder);
          return [dropStatement(place, index)];
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
