import { inSchema, listOf, quoted } from '../ddl/identifier.ts';
import type { PlannedStatement } from '../ddl/schema-change.ts';
import { type Place, roleName, type Standing } from '../placement/place.ts';
import { builtInPolicy } from './table.repo.ts';
import type { Hidable } from './column.schema.ts';

export function policyStatement(
  place: Place,
  table: string,
  standing: Standing,
  isOpen: boolean,
): PlannedStatement {
  const [name, on] = [quoted(builtInPolicy(standing)), inSchema(place.schema, table)];
  const role = quoted(roleName(place, standing));
  return {
    text: isOpen
      ? `create policy ${name} on ${on} for all to ${role} using (true) with check (true)`
      : `drop policy ${name} on ${on}`,
    field: 'policiesFor',
  };
}

/** What a standing may do to the columns of a table: all of them, or those that are not hidden from it. */
export function grantsOf(
  place: Place,
  table: string,
  standing: Hidable,
  columns: readonly { name: string; hiddenFrom: readonly Hidable[] }[],
): PlannedStatement[] {
  const role = quoted(roleName(place, standing));
  const on = inSchema(place.schema, table);
  const visible = columns.filter(({ hiddenFrom }) => !hiddenFrom.includes(standing)).map(({ name }) => name);
  const list = visible.length === columns.length ? '' : ` (${listOf(visible)})`;
  const rights = ['select', 'insert', 'update'].map((right) => `${right}${list}`).join(', ');
  const field = 'hiddenFrom';
  const revoke = { text: `revoke select, insert, update, delete on ${on} from ${role}`, field };
  return visible.length === 0
    ? [revoke]
    : [revoke, { text: `grant ${rights}, delete on ${on} to ${role}`, field }];
}
