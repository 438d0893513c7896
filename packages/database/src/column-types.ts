import pg from 'pg';

// How columns arrive in JavaScript. Instants stay text: a Date would cut Postgres's microseconds, and a keyset page
// that starts at a cut instant skips or repeats rows.

const { INT8, DATE, TIMESTAMP, TIMESTAMPTZ } = pg.types.builtins;

/** `2024-01-01 12:00:00.5+00` as `2024-01-01T12:00:00.500000Z`; what has no such form (`infinity`) as it is. */
export function instantOf(text: string): string {
  const [, date, time, fraction = ''] =
    /^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d+))?\+00$/.exec(text) ?? [];
  return date === undefined ? text : `${date}T${time}.${fraction.padEnd(6, '0')}Z`;
}

/** A number as long as it is exact. */
export function integerOf(text: string): number | string {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : text;
}

const PARSERS: Partial<Record<number, (text: string) => unknown>> = {
  [INT8]: integerOf,
  [DATE]: String,
  [TIMESTAMP]: String,
  [TIMESTAMPTZ]: instantOf,
};

export const COLUMN_TYPES: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => (format === 'text' && PARSERS[oid]) || pg.types.getTypeParser(oid, format),
};
