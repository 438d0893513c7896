import { AppError, type Call, type Page } from '@plinth/contracts';
import { inSchema, quoted } from '../ddl/identifier.ts';
import { type RecordedChange, toldOf } from '../ddl/recorded-change.ts';
import type { PlannedStatement, SchemaChanges } from '../ddl/schema-change.ts';
import { indexRepo } from '../index/index.repo.ts';
import { type Place, roleName } from '../placement/place.ts';
import { tableRepo } from '../table/table.repo.ts';
import type { Table, TableByName } from '../table/table.schema.ts';
import { policyRepo } from './policy.repo.ts';
import type { ChangedPolicy, CreatePolicy, Policy, RemovedPolicy, RemovePolicy } from './policy.schema.ts';
import { comparedColumns, predicateSql } from './predicate.ts';

interface PolicyDeps {
  schemas: SchemaChanges;
  change: RecordedChange;
}

const told = (type: string, place: Place, table: string, id: string, data: object) =>
  toldOf(place, { kind: 'policy', type: `policy.${type}`, id, data: { table, ...data } });

function planCreatePolicy(place: Place, table: Table, input: CreatePolicy): PlannedStatement {
  const { name, command, to, restrictive, using, check } = input;
  const roles = to.map((standing) => quoted(roleName(place, standing)));
  const text = [
    `create policy ${quoted(name)} on ${inSchema(place.schema, table.name)}`,
    `as ${restrictive ? 'restrictive' : 'permissive'} for ${command} to ${roles.join(', ')}`,
    ...(using ? [`using (${predicateSql(table, using, 'using')})`] : []),
    ...(check ? [`with check (${predicateSql(table, check, 'check')})`] : []),
  ].join(' ');
  return { text, field: using ? 'using' : 'check' };
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
          return [planCreatePolicy(place, table, input)];
        },
        see: async (run, place) => {
          const indexes = await indexRepo(run, place).list(input.table);
          const indexed = new Set(indexes.map(({ columns }) => columns[0]));
          const slow = comparedColumns(input.using).filter((column) => !indexed.has(column));
          const warnings = slow.map((column) => `The column ${column} has no index that begins with it`);
          return { ...(await policyRepo(run, place).get(input.table, input.name)), warnings };
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
          const { builtIn } = await policyRepo(run, place).get(table, policy);
          if (builtIn) {
            throw new AppError('CONFLICT', {
              message: 'Whom policies are asked about is said of the table: policiesFor',
              details: { policy },
            });
          }
          return [
            { text: `drop policy ${quoted(policy)} on ${inSchema(place.schema, table)}`, field: 'policy' },
          ];
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
