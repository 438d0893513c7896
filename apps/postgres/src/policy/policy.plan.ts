import { inSchema, quoted } from '../ddl/identifier.ts';
import type { PlannedStatement } from '../ddl/schema-change.ts';
import { type Place, roleName } from '../placement/place.ts';
import type { Table } from '../table/table.schema.ts';
import { createExists } from './exists.ts';
import type { CreatePolicy, Exists } from './policy.schema.ts';
import { existsOf, predicateSql } from './predicate.ts';

// Which statements make a policy and take it away, with the views that it asks.

export const askedOf = ({ using, check }: CreatePolicy): Exists[] => [...existsOf(using), ...existsOf(check)];

export function planCreatePolicy(
  place: Place,
  table: Table,
  input: CreatePolicy,
  others: ReadonlyMap<string, Table>,
): PlannedStatement[] {
  const { name, command, to, restrictive, using, check } = input;
  const exists = createExists({ place, table, to, others });
  const roles = to.map((standing) => quoted(roleName(place, standing)));
  const text = [
    `create policy ${quoted(name)} on ${inSchema(place.schema, table.name)}`,
    `as ${restrictive ? 'restrictive' : 'permissive'} for ${command} to ${roles.join(', ')}`,
    ...(using ? [`using (${predicateSql(table, using, 'using', exists.sql)})`] : []),
    ...(check ? [`with check (${predicateSql(table, check, 'check', exists.sql)})`] : []),
  ].join(' ');
  return [...exists.views, { text, field: using ? 'using' : 'check' }];
}

export const planRemovePolicy = (place: Place, table: string, policy: string): PlannedStatement => ({
  text: `drop policy ${quoted(policy)} on ${inSchema(place.schema, table)}`,
  field: 'policy',
});

export const planRemoveViews = (place: Place, asked: readonly { view: string }[]): PlannedStatement[] =>
  asked.map(({ view }) => ({ text: `drop view ${inSchema(place.schema, view)}`, field: 'policy' }));
