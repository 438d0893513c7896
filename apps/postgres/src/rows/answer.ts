import { AppError, HEADERS } from '@plinth/contracts';
import { isKnownTag } from '@plinth/service';
import type { Preferences, RowsUrl } from '../request/ast.ts';
import type { Representation } from '../request/media-types.ts';
import { contentRange, pageStatus } from '../response/content-range.ts';
import { csvOf } from '../response/csv.ts';
import { elementsOf, membersOf } from '../response/json-text.ts';
import { listHeader } from '../response/list-header.ts';
import { locationOf } from '../response/location.ts';
import { contentTypeOf } from '../response/media-type.ts';
import { ndjsonOf } from '../response/ndjson.ts';
import { type Operation, preferenceApplied } from '../response/preference-applied.ts';
import type { ReadRows } from './read.ts';
import type { Change, WroteRows } from './write.ts';

// What came of a request, as HTTP tells it: the headers that PostgREST's clients look at, and a few more.

export interface RowsAnswer {
  status: number;
  headers: Record<string, string>;
  body: string | undefined;
}

export function preferencesOf(preferences: Preferences, operation: Operation): Record<string, string> {
  const applied = preferenceApplied(preferences, operation);
  return applied === undefined ? {} : { 'preference-applied': applied };
}

interface ReadContext {
  url: RowsUrl;
  preferences: Preferences;
  representation: Representation;
  ifNoneMatch: string | undefined;
}

function checkOne({ length }: ReadRows): void {
  if (length === 0) throw new AppError('ROW_NOT_FOUND');
  if (length > 1) throw new AppError('NOT_SINGULAR');
}

export function answerToRead(read: ReadRows, context: ReadContext): RowsAnswer {
  const { url, preferences, representation, ifNoneMatch } = context;
  const { body, length, total, nextCursor, version, names, isBrief } = read;
  const page = { offset: url.offset ?? 0, length, total };
  if (representation.format === 'object') checkOne(read);
  const etag = version === undefined ? undefined : `"${version}"`;
  const headers = {
    'content-type': contentTypeOf(representation),
    'content-range': contentRange(page),
    ...preferencesOf(preferences, 'read'),
    ...(nextCursor !== undefined && { 'x-next-cursor': nextCursor }),
    ...(etag !== undefined && { etag }),
    ...(isBrief && { [HEADERS.brief]: '1' }),
  };
  if (etag !== undefined && isKnownTag(etag, ifNoneMatch)) return { status: 304, headers, body: undefined };
  return {
    status: pageStatus(page),
    headers,
    body: body && inFormat(body, () => names, representation),
  };
}

/** Of rows that are passed on as they come. */
export const headersOfLines = (preferences: Preferences, representation: Representation) => ({
  'content-type': contentTypeOf(representation),
  ...preferencesOf(preferences, 'read'),
});

export function inFormat(body: string, names: () => readonly string[], { format }: Representation): string {
  if (format === 'csv') return csvOf(names(), body);
  return format === 'ndjson' ? ndjsonOf(body) : body;
}

/** Of rows that were written: those of the first, which all have. */
export function namesIn(rows: string): string[] {
  const [first] = elementsOf(rows);
  return first === undefined ? [] : [...membersOf(first)].map(([name]) => name);
}

interface WriteContext {
  change: Change;
  path: string;
  preferences: Preferences;
  representation: Representation;
}

function statusOfChange(change: Change, { inserted }: WroteRows, hasBody: boolean): number {
  if (change === 'insert' || (change === 'upsert' && inserted === 1)) return 201;
  return hasBody ? 200 : 204;
}

export function answerToWrite(wrote: WroteRows, context: WriteContext): RowsAnswer {
  const { change, path, preferences, representation } = context;
  const { body, affected, inserted, key, unmatched } = wrote;
  const location = key === null ? undefined : locationOf(path, key);
  const headers = {
    ...(body !== null && { 'content-type': contentTypeOf(representation) }),
    'content-range': `*/${affected}`,
    'x-rows-affected': String(affected),
    ...(inserted !== null && { 'x-rows-inserted': String(inserted) }),
    ...(unmatched !== null && { 'x-rows-unmatched': listHeader(unmatched) }),
    ...(location !== undefined && { location }),
    ...preferencesOf(preferences, change),
  };
  const status = statusOfChange(change, wrote, body !== null);
  return {
    status,
    headers,
    body: body === null ? undefined : inFormat(body, () => namesIn(body), representation),
  };
}
