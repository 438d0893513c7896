import { escapeIdentifier } from 'pg';
import { z } from 'zod';

// Names that people choose, for tables, columns, indexes and policies. In SQL they are always quoted.

const FORM = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

export const identifier = z
  .string()
  .regex(FORM, 'must begin with a letter or _, and hold only letters, digits and _, at most 63')
  .refine((name) => name !== '__proto__', 'is not a name that every client can hold');

export const quoted = escapeIdentifier;

/** Qualified, for a search path may be anybody's. */
export const inSchema = (schema: string, name: string): string => `${quoted(schema)}.${quoted(name)}`;

export const listOf = (names: readonly string[]): string => names.map(quoted).join(', ');
