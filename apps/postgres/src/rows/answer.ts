import { AppError } from '@plinth/contracts';
import type { Preferences, RowsUrl } from '../request/ast.ts';
import type { Representation } from '../request/media-types.ts';
import { csvOf } from '../response/csv.ts';
import type { ReadRows } from './read.ts';
import type { Change, WroteRows } from './write.ts';

// What came of a request, as HTTP tells it: the headers that PostgREST's clients look at, and a few more.

export interface RowsAnswer {
  status: number;
  headers: Record<string, string>;
  body: string | undefined;
}

const TYPES = {
  array: 'application/json; charset=utf-8',
  object: 'application/vnd.pgrst.object+json; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
} as const;

const preferencesOf = ({ applied }: Preferences): Record<string, string> =>
  applied.length > 0 ? { 'preference-applied': applied.join(', ') } : {};

interface ReadContext {
  url: RowsUrl;
  preferences: Preferences;
  representation: Representation;
  ifNoneMatch: string | undefined;
}

/** Of a page: which rows, and of how many; without rows there is no first one. */
function contentRange(offset: number, length: number, total: number | undefined): string {
  const rows = length === 0 ? '*' : `${offset}-${offset + length - 1}`;
  return `${rows}/${total ?? '*'}`;
}

function checkOne({ length }: ReadRows): void {
  if (length === 0) throw new AppError('ROW_NOT_FOUND');
  if (length > 1) throw new AppError('NOT_SINGULAR');
}

const isKnown = (etag: string, ifNoneMatch: string | undefined): boolean =>
  (ifNoneMatch ?? '').split(',').some((tag) => ['*', etag].includes(tag.trim().replace(/^W\//, '')));

function statusOf(offset: number, length: number, total: number | undefined): number {
  if (total === undefined) return 200;
  if (offset > 0 && offset >= total) {
    throw new AppError('RANGE_NOT_SATISFIABLE', {
      details: { offset, total },
      headers: { 'content-range': `*/${total}` },
    });
  }
  return length < total ? 206 : 200;
}

export function answerToRead(read: ReadRows, context: ReadContext): RowsAnswer {
  const { url, preferences, representation, ifNoneMatch } = context;
  const { body, length, total, nextCursor, version, names } = read;
  const offset = url.offset ?? 0;
  if (representation.format === 'object') checkOne(read);
  const etag = version === undefined ? undefined : `"${version}"`;
  const headers = {
    'content-type': TYPES[representation.format],
    'content-range': contentRange(offset, length, total),
    ...preferencesOf(preferences),
    ...(nextCursor !== undefined && { 'x-next-cursor': nextCursor }),
    ...(etag !== undefined && { etag }),
  };
  if (etag !== undefined && isKnown(etag, ifNoneMatch)) return { status: 304, headers, body: undefined };
  return {
    status: statusOf(offset, length, total),
    headers,
    body: body && inFormat(body, names, representation),
  };
}

function inFormat(body: string, names: readonly string[], { format }: Representation): string {
  return format === 'csv' ? csvOf(names, JSON.parse(body)) : body;
}

interface WriteContext {
  change: Change;
  path: string;
  preferences: Preferences;
  representation: Representation;
}

function locationOf(path: string, key: string): string {
  const columns: Record<string, unknown> = JSON.parse(key);
  const filters = Object.entries(columns).map(
    ([column, value]) => `${encodeURIComponent(column)}=eq.${encodeURIComponent(String(value))}`,
  );
  return `${path}?${filters.join('&')}`;
}

function statusOfChange(change: Change, { inserted }: WroteRows, hasBody: boolean): number {
  if (change === 'insert' || (change === 'upsert' && inserted === 1)) return 201;
  return hasBody ? 200 : 204;
}

export function answerToWrite(wrote: WroteRows, context: WriteContext): RowsAnswer {
  const { change, path, preferences, representation } = context;
  const { body, affected, inserted, key, unmatched } = wrote;
  const headers = {
    ...(body !== null && { 'content-type': TYPES[representation.format] }),
    'content-range': `*/${affected}`,
    'x-rows-affected': String(affected),
    ...(inserted !== null && { 'x-rows-inserted': String(inserted) }),
    ...(unmatched !== null && { 'x-rows-unmatched': unmatched }),
    ...(key !== null && { location: locationOf(path, key) }),
    ...preferencesOf(preferences),
  };
  const status = statusOfChange(change, wrote, body !== null);
  return { status, headers, body: body ?? undefined };
}
