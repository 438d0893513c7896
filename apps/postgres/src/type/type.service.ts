import type { Call, Page } from '@plinth/contracts';
import { type RecordedChange, toldOf } from '../ddl/recorded-change.ts';
import type { SchemaChanges } from '../ddl/schema-change.ts';
import type { Place } from '../placement/place.ts';
import { planCreateType, planRemoveType, planUpdateType } from './type.plan.ts';
import { typeRepo } from './type.repo.ts';
import type {
  ChangedType,
  CreateType,
  EnumType,
  RemovedType,
  RemoveType,
  TypeByName,
  UpdateType,
} from './type.schema.ts';

interface TypeDeps {
  schemas: SchemaChanges;
  change: RecordedChange;
}

const told = (type: string, place: Place, id: string, data: object) =>
  toldOf(place, { kind: 'type', type: `type.${type}`, id, data: { ...data } });

export function createTypeService({ schemas, change }: TypeDeps) {
  return {
    async list({ caller }: Call): Promise<Page<EnumType>> {
      const data = await schemas.read(caller, (run, place) => typeRepo(run, place).list());
      return { data, pagination: { hasMore: false, nextCursor: null } };
    },

    get: ({ caller }: Call, { type }: TypeByName): Promise<EnumType> =>
      schemas.read(caller, (run, place) => typeRepo(run, place).get(type)),

    create: (call: Call, { name, values, dryRun: isDry }: CreateType): Promise<ChangedType> =>
      change(call, {
        isDry,
        plan: async (_, place) => planCreateType(place, name, values),
        see: (run, place) => typeRepo(run, place).get(name),
        tell: ({ place, seen, sql }) => ({
          result: { ...seen, sql: [...sql] },
          ...told('created', place, name, { values: seen.values }),
        }),
      }),

    update: (call: Call, input: UpdateType): Promise<ChangedType> =>
      change(call, {
        isDry: input.dryRun,
        plan: async (run, place) => planUpdateType(place, await typeRepo(run, place).get(input.type), input),
        see: (run, place) => typeRepo(run, place).get(input.name ?? input.type),
        tell: ({ place, seen, sql }) => ({
          result: { ...seen, sql: [...sql] },
          ...told('updated', place, seen.name, { formerName: input.type, values: seen.values }),
        }),
      }),

    remove: (call: Call, { type, dryRun: isDry }: RemoveType): Promise<RemovedType> =>
      change(call, {
        isDry,
        async plan(run, place) {
          await typeRepo(run, place).get(type);
          return planRemoveType(place, type);
        },
        see: async () => type,
        tell: ({ place, sql }) => ({
          result: { name: type, deleted: true as const, sql: [...sql] },
          ...told('deleted', place, type, {}),
        }),
      }),
  };
}

export type TypeService = ReturnType<typeof createTypeService>;
