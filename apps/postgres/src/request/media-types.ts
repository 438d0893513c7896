import { AppError } from '@plinth/contracts';
import { shown } from './scanner.ts';

// In which form rows are wanted, and in which they come.

export type Format = 'array' | 'object' | 'csv' | 'ndjson';

export interface Representation {
  format: Format;
  /** Keys whose value is null are left out. */
  stripsNulls: boolean;
}

/** What a media range of `Accept` stands for; `object` is given only to those who name it. */
const RANGES = new Map<string, readonly Format[]>([
  ['*/*', ['array', 'csv', 'ndjson']],
  ['application/*', ['array', 'ndjson']],
  ['application/json', ['array']],
  ['application/vnd.pgrst.array+json', ['array']],
  ['application/vnd.pgrst.array', ['array']],
  ['application/vnd.pgrst.object+json', ['object']],
  ['application/vnd.pgrst.object', ['object']],
  ['text/*', ['csv']],
  ['text/csv', ['csv']],
  ['application/x-ndjson', ['ndjson']],
  ['application/ndjson', ['ndjson']],
]);

const SERVED = [
  'application/json',
  'application/vnd.pgrst.object+json',
  'text/csv',
  'application/x-ndjson',
] as const;

interface MediaRange {
  type: string;
  parameters: ReadonlyMap<string, string>;
}

function parseMediaRange(text: string): MediaRange {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const pairs = parameters.map((parameter): [string, string] => {
    const [name = '', value = ''] = parameter.split('=', 2);
    return [name.trim(), value.trim().replaceAll('"', '')];
  });
  return { type, parameters: new Map(pairs) };
}

const qualityOf = ({ parameters }: MediaRange): number => {
  const quality = Number(parameters.get('q') ?? 1);
  return Number.isNaN(quality) ? 1 : quality;
};

export function parseAccept(header: string | undefined): Representation {
  const ranges = (header?.trim() || '*/*').split(',').map(parseMediaRange);
  const named = ranges.filter(({ type }) => !type.endsWith('/*'));
  const isRefused = (format: Format) =>
    named.some((range) => qualityOf(range) === 0 && RANGES.get(range.type)?.[0] === format);
  const byQuality = ranges
    .filter((range) => qualityOf(range) > 0)
    .sort((a, b) => qualityOf(b) - qualityOf(a));
  for (const { type, parameters } of byQuality) {
    const format = RANGES.get(type)?.find((one) => !isRefused(one));
    if (format) return { format, stripsNulls: parameters.get('nulls') === 'stripped' };
  }
  throw new AppError('NOT_ACCEPTABLE', {
    message: `Accept: ${shown(header ?? '')}: one of ${SERVED.join(', ')} is served`,
    details: { served: SERVED },
  });
}

export type BodyFormat = 'json' | 'csv' | 'ndjson';
/** Those in which each row is a line. */
export type LinesFormat = Exclude<BodyFormat, 'json'>;

export const LINES_TYPES = ['text/csv', 'application/x-ndjson', 'application/ndjson'] as const;

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json$/;
const CHARSETS = new Set(['utf-8', 'utf8', 'us-ascii']);

function bodyFormatOf(type: string): BodyFormat | undefined {
  if (JSON_TYPE.test(type)) return 'json';
  if (type === 'text/csv') return 'csv';
  return type === 'application/x-ndjson' || type === 'application/ndjson' ? 'ndjson' : undefined;
}

/** A body that does not say what it is is taken for JSON. */
export function parseContentType(header: string | undefined): BodyFormat {
  if (header === undefined) return 'json';
  const { type, parameters } = parseMediaRange(header);
  const format = bodyFormatOf(type);
  if (format && CHARSETS.has(parameters.get('charset') ?? 'utf-8')) return format;
  throw new AppError('UNSUPPORTED_MEDIA_TYPE', {
    message: `Content-Type: ${shown(header)}: rows are sent as application/json, text/csv or application/x-ndjson, in UTF-8`,
  });
}

/** Of a body whose media type is one of `LINES_TYPES`. */
export const parseLinesType = (header: string | undefined): LinesFormat =>
  parseContentType(header) === 'csv' ? 'csv' : 'ndjson';
