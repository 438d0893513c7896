import { AppError } from '@plinth/contracts';
import { escapeLiteral } from 'pg';
import { inSchema, quoted } from '../ddl/identifier.ts';
import type { PlannedStatement } from '../ddl/schema-change.ts';
import type { Place } from '../placement/place.ts';
import type { EnumType, UpdateType } from './type.schema.ts';

// Types as statements. A value is data: a quoted constant wherever it stands.

export const planCreateType = (place: Place, name: string, values: readonly string[]): PlannedStatement[] => [
  {
    text: `create type ${inSchema(place.schema, name)} as enum (${values.map((value) => escapeLiteral(value)).join(', ')})`,
    field: 'name',
  },
];

export const planRemoveType = (place: Place, name: string): PlannedStatement[] => [
  { text: `drop type ${inSchema(place.schema, name)}`, field: 'type' },
];

/** One that is there; a value that comes twice, Postgres refuses. */
function valueIn({ name, values }: EnumType, value: string, field: string): string {
  if (values.includes(value)) return escapeLiteral(value);
  throw new AppError('INVALID_VALUE', {
    message: `${field}: the type ${name} has no value ${value}`,
    details: { type: name, value, field },
  });
}

/** New values may come before each other, so each is known to the next. Names change after that, the type's own last. */
export function planUpdateType(place: Place, before: EnumType, input: UpdateType): PlannedStatement[] {
  const { name, addValues = [], renameValues = [] } = input;
  const alter = `alter type ${inSchema(place.schema, before.name)}`;
  const known = { name: before.name, values: [...before.values] };
  const added = addValues.map(({ value, before: next }, index) => {
    const field = `addValues.${index}`;
    const where = next === undefined ? '' : ` before ${valueIn(known, next, `${field}.before`)}`;
    known.values.push(value);
    return { text: `${alter} add value ${escapeLiteral(value)}${where}`, field };
  });
  const renamed = renameValues.map(({ value, newValue }, index) => {
    const field = `renameValues.${index}`;
    const from = valueIn(before, value, `${field}.value`);
    return { text: `${alter} rename value ${from} to ${escapeLiteral(newValue)}`, field };
  });
  const isRenamed = name !== undefined && name !== before.name;
  const last = isRenamed ? [{ text: `${alter} rename to ${quoted(name)}`, field: 'name' }] : [];
  return [...added, ...renamed, ...last];
}
