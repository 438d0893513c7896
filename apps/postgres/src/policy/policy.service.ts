import { AppError, type Call, type Page } from '@plinth/contracts';
import { type RecordedChange, toldOf } from '../ddl/recorded-change.ts';
import type { SchemaChanges } from '../ddl/schema-change.ts';
import { indexRepo } from '../index/index.repo.ts';
import type { Place } from '../placement/place.ts';
import { tableRepo } from '../table/table.repo.ts';
import type { Table, TableByName } from '../table/table.schema.ts';
import { lookupOf, searchedColumns } from './exists.ts';
import { policyRepo } from './policy.repo.ts';
import { askedOf, planCreatePolicy, planRemovePolicy, planRemoveViews } from './policy.plan.ts';
import type { ChangedPolicy, CreatePolicy, Policy, RemovedPolicy, RemovePolicy } from './policy.schema.ts';
import type { Run } from '../query/login-pools.ts';
import { comparedColumns, existsOf } from './predicate.ts';

interface PolicyDeps {
  schemas: SchemaChanges;
  change: RecordedChange;
}

const told = (type: string, place: Place, table: string, id: string, data: object) =>
  toldOf(place, { kind: 'policy', type: `policy.${type}`, id, data: { table, ...data } });

const isSlow = (column: string): string => `The column ${column} has no index that begins with it`;

/** Which of the columns that rows are looked up by have no index. */
async function warningsOf(run: Run, place: Place, input: CreatePolicy): Promise<string[]> {
  const indexes = indexRepo(run, place);
  const indexedOf = async (table: string) =>
    new Set((await indexes.list(table)).map(({ columns }) => columns[0]));
  const indexed = await indexedOf(input.table);
  const asked = existsOf(input.using);
  const own = [...comparedColumns(input.using), ...asked.flatMap((one) => lookupOf(one)?.row ?? [])];
  const warnings = [...new Set(own)].filter((column) => !indexed.has(column)).map(isSlow);
  for (const exists of askedOf(input)) {
    const searched = searchedColumns(exists);
    const there = await indexedOf(exists.table);
    const [first] = searched;
    if (first !== undefined && !searched.some((column) => there.has(column)))
      warnings.push(isSlow(`${exists.table}.${first}`));
  }
  return [...new Set(warnings)];
}

export function createPolicyService({ schemas, change }: PolicyDeps) {
  return {
    async list({ caller }: Call, { table }: TableByName): Promise<Page<Policy>> {
      const data = await schemas.read(caller, async (run, place) => {
        await tableRepo(run, place).get(table);
        return policyRepo(run, place).list(table);
      });
      return { data, pagination: { hasMore: false, nextCursor: null } };
    },

    create: (call: Call, input: CreatePolicy): Promise<ChangedPolicy> =>
      change(call, {
        isDry: input.dryRun,
        plan: async (run, place) => {
          const table = await tableRepo(run, place).get(input.table);
          const known = await policyRepo(run, place).list(input.table);
          if (known.some(({ name }) => name === input.name)) {
            throw new AppError('CONFLICT', {
              message: `The table has a policy ${input.name} already`,
              details: { policy: input.name, field: 'name' },
            });
          }
          const others = new Map<string, Table>();
          for (const { table: name } of askedOf(input)) {
            const other = await tableRepo(run, place).find(name);
            if (other) others.set(name, other);
          }
          return planCreatePolicy(place, table, input, others);
        },
        see: async (run, place) => {
          const policies = policyRepo(run, place);
          if (await policies.isEndless(input.table, input.to)) {
            throw new AppError('BUSINESS_RULE_VIOLATED', {
              message: `What is visible of ${input.table} would depend on what is visible of it, by way of the tables that this policy looks into; leave visible out, and all of their rows count`,
              details: { table: input.table, field: 'visible' },
            });
          }
          return {
            ...(await policies.get(input.table, input.name)),
            warnings: await warningsOf(run, place, input),
          };
        },
        tell: ({ place, seen, sql }) => ({
          result: { ...seen, sql: [...sql] },
          ...told('created', place, input.table, seen.name, { using: seen.using, check: seen.check }),
        }),
      }),

    remove: (call: Call, { table, policy, dryRun }: RemovePolicy): Promise<RemovedPolicy> =>
      change(call, {
        isDry: dryRun,
        plan: async (run, place) => {
          await tableRepo(run, place).get(table);
          const policies = policyRepo(run, place);
          const { builtIn } = await policies.get(table, policy);
          if (builtIn) {
            throw new AppError('CONFLICT', {
              message: 'Whom policies are asked about is said of the table: policiesFor',
              details: { policy },
            });
          }
          const asked = (await policies.views(table)).filter((one) => one.policy === policy);
          return [planRemovePolicy(place, table, policy), ...planRemoveViews(place, asked)];
        },
        see: async () => policy,
        tell: ({ place, sql }) => ({
          result: { name: policy, deleted: true as const, sql: [...sql] },
          ...told('deleted', place, table, policy, {}),
        }),
      }),
  };
}

export type PolicyService = ReturnType<typeof createPolicyService>;
