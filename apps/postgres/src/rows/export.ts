import type { Readable } from 'node:stream';
import type { Call } from '@plinth/contracts';
import { planLines } from '../plan/read.ts';
import type { Row } from '../query/one-sync.ts';
import type { Preferences, RowsUrl } from '../request/ast.ts';
import type { Format, Representation } from '../request/media-types.ts';
import { csvHeader, csvLines } from '../response/csv.ts';
import { ndjsonLine } from '../response/ndjson.ts';
import { begunStream } from './begun-stream.ts';
import { contextOf } from './context.ts';
import { type Asked, MAX_ROWS, type ReadDeps } from './read.ts';

// All rows of a table or of what was asked of it, however many, as lines: they are passed on as they come, and nobody ever holds them
// all. How many they are is known to nobody either, before the end.

export type Lines = Extract<Format, 'csv' | 'ndjson'>;

export interface Exported extends Omit<Asked, 'shape'> {
  format: Lines;
}

/** Of a page it is known how long it can be; and whoever asks for a count wants an answer that tells it first. */
export function linesOf(
  { limit, cursor }: RowsUrl,
  { count }: Preferences,
  { format }: Representation,
): Lines | undefined {
  if (format !== 'csv' && format !== 'ndjson') return undefined;
  const isPage = cursor !== undefined || (limit !== undefined && limit <= MAX_ROWS);
  return isPage || count !== undefined ? undefined : format;
}

const lineMakers = {
  csv: csvLines,
  ndjson: () => ndjsonLine,
} as const;

export function createExportRows({ workspaces, pools }: Omit<ReadDeps, 'cursors'>) {
  return async (call: Call, asked: Exported): Promise<Readable> => {
    const { url, preferences, stripsNulls, format, method, path, signal } = asked;
    const { plan, place, mayKnow } = await workspaces.plan(call, asked.table, (opened) =>
      planLines({ ...opened, preferences, areNullsStripped: stripsNulls, query: url }),
    );
    const context = contextOf(call, place, { method, path, isReadOnly: true, isolation: undefined });
    const lineOf = lineMakers[format](plan.names);
    let head = format === 'csv' ? csvHeader(plan.names) : '';

    return begunStream(signal, async (write) => {
      async function take(rows: readonly Row[]): Promise<void> {
        let text = head;
        head = '';
        for (const [row] of rows) text += lineOf(row ?? 'null');
        await write(text);
      }
      await pools.stream(place, 'api', plan.statement, { context, signal, mayKnow }, take);
      if (head) await write(head);
    });
  };
}
