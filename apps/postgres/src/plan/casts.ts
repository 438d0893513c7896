import { AppError } from '@plinth/contracts';
import type { Column } from '../schema-cache/schema.ts';
import { type Sql, sql } from './sql.ts';

// The types that a value can be cast to. What a caller wrote is looked up here, and never written into SQL itself.

interface Cast {
  type: Sql;
  category: Column['category'];
  baseType: string;
}

const cast = (type: Sql, category: Column['category'], baseType: string): Cast => ({
  type,
  category,
  baseType,
});

const TEXT = cast(sql`text`, 'text', 'text');
const VARCHAR = cast(sql`varchar`, 'text', 'character varying');
const BOOLEAN = cast(sql`boolean`, 'boolean', 'boolean');
const SMALLINT = cast(sql`smallint`, 'number', 'smallint');
const INTEGER = cast(sql`integer`, 'number', 'integer');
const BIGINT = cast(sql`bigint`, 'number', 'bigint');
const NUMERIC = cast(sql`numeric`, 'number', 'numeric');
const REAL = cast(sql`real`, 'number', 'real');
const DOUBLE = cast(sql`double precision`, 'number', 'double precision');

const CASTS: ReadonlyMap<string, Cast> = new Map([
  ['text', TEXT],
  ['varchar', VARCHAR],
  ['character varying', VARCHAR],
  ['bool', BOOLEAN],
  ['boolean', BOOLEAN],
  ['int2', SMALLINT],
  ['smallint', SMALLINT],
  ['int', INTEGER],
  ['int4', INTEGER],
  ['integer', INTEGER],
  ['int8', BIGINT],
  ['bigint', BIGINT],
  ['numeric', NUMERIC],
  ['decimal', NUMERIC],
  ['float4', REAL],
  ['real', REAL],
  ['float8', DOUBLE],
  ['double precision', DOUBLE],
  ['date', cast(sql`date`, 'time', 'date')],
  ['time', cast(sql`time`, 'time', 'time without time zone')],
  ['timetz', cast(sql`timetz`, 'time', 'time with time zone')],
  ['timestamp', cast(sql`timestamp`, 'time', 'timestamp without time zone')],
  ['timestamptz', cast(sql`timestamptz`, 'time', 'timestamp with time zone')],
  ['interval', cast(sql`interval`, 'time', 'interval')],
  ['uuid', cast(sql`uuid`, 'other', 'uuid')],
  ['json', cast(sql`json`, 'json', 'json')],
  ['jsonb', cast(sql`jsonb`, 'json', 'jsonb')],
  ['text[]', cast(sql`text[]`, 'array', 'text')],
  ['int4[]', cast(sql`integer[]`, 'array', 'integer')],
  ['int8[]', cast(sql`bigint[]`, 'array', 'bigint')],
  ['numeric[]', cast(sql`numeric[]`, 'array', 'numeric')],
  ['uuid[]', cast(sql`uuid[]`, 'array', 'uuid')],
]);

export function castOf(written: string, parameter: string): Cast {
  const found = CASTS.get(written.toLowerCase());
  if (found) return found;
  throw new AppError('INVALID_SELECT', {
    message: `${parameter} casts to a type that is not served`,
    details: { parameter, types: [...CASTS.keys()] },
  });
}
