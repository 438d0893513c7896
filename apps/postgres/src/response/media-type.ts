import type { Format, Representation } from '../request/media-types.ts';

const TYPES: Record<Format, string> = {
  array: 'application/json',
  object: 'application/vnd.pgrst.object+json',
  csv: 'text/csv',
  ndjson: 'application/x-ndjson',
};

/** The `Content-Type` of rows that are given in a form. */
export function contentTypeOf({ format, stripsNulls }: Representation): string {
  if (!stripsNulls || format === 'csv') return `${TYPES[format]}; charset=utf-8`;
  const type = format === 'array' ? 'application/vnd.pgrst.array+json' : TYPES[format];
  return `${type}; nulls=stripped; charset=utf-8`;
}
