import type { CursorCodec, Page } from '@plinth/contracts';

/** Where a page goes on, and how many rows to read. */
export interface Slice {
  beforeId: string | undefined;
  limit: number;
}

interface PageRequest {
  /** Everything that makes this list the list it is: a cursor of another one is refused. */
  query: unknown;
  cursor: string | undefined;
  limit: number;
}

/** A page of rows that are ordered by falling id. `read` is asked for one more than the page, to see whether it is the last. */
export async function readPage<Row extends { id: string }>(
  cursors: CursorCodec,
  { query, cursor, limit }: PageRequest,
  read: (slice: Slice) => Promise<Row[]>,
): Promise<Page<Row>> {
  const [beforeId] = cursor === undefined ? [] : cursors.decode(query, cursor);
  const rows = await read({ beforeId, limit: limit + 1 });
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  const hasMore = rows.length > limit;
  return {
    data,
    pagination: { hasMore, nextCursor: hasMore && last ? cursors.encode(query, [last.id]) : null },
  };
}
