import { escapeLiteral } from 'pg';
import { withoutLength } from '../plan/identifiers.ts';

// A value as a constant of a type of the closed list: quoted text that Postgres reads as that type, or refuses.

type Scalar = string | number | boolean | null;
export type LiteralValue = Scalar | readonly Scalar[] | Readonly<Record<string, unknown>>;

const isList = (value: LiteralValue): value is readonly Scalar[] => Array.isArray(value);
const quotedOf = (value: Scalar): string => (value === null ? 'null' : escapeLiteral(String(value)));

/** Nothing where a value of this shape cannot be of the type. It is never cut or rounded to a length. */
export function literalOf(value: LiteralValue, columnType: string): string | undefined {
  const type = withoutLength(columnType);
  if (value === null) return `null::${type}`;
  if (type === 'json' || type === 'jsonb') return `${escapeLiteral(JSON.stringify(value))}::${type}`;
  if (isList(value)) {
    if (!type.endsWith('[]')) return undefined;
    return `array[${value.map(quotedOf).join(', ')}]::${type}`;
  }
  return typeof value === 'object' ? undefined : `${quotedOf(value)}::${type}`;
}

export const textOrNull = (text: string | null): string => (text === null ? 'null' : escapeLiteral(text));
