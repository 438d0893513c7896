import { withClient } from '@plinth/embedded';
import { z } from 'zod';
import type { Ratio, Scenario, Stage, Subject } from '../scenario.ts';
import { atEach, type DataApi, openDataApi } from './data-api.ts';

// The first page of many rows and one far in, found by the cursor that the page before it gave. How far in it is should cost nothing.

const ROWS = 1_000_000;
const PAGE = 100;
/** Few, so that a latency is that of a page and not of the queue before it. */
const CONNECTIONS = 4;
const DEEP = 1_000;
/** The most that one answer holds: a cursor is of a place, however long the page before it was. */
const STRIDE = 10_000;
const NEWEST = 'order=created_at.desc';

const rowsOfPage = z.array(z.object({ id: z.number() }));

/** Page after page, as whoever turns them gets there; `X-Next-Cursor` leads on. */
async function cursorAfter({ doors: [service] }: DataApi, rows: number): Promise<string> {
  if (!service) throw new Error('there is no service to ask');
  const { url, headers } = await service.toRows();
  let cursor = '';
  let seen = 0;
  while (seen < rows) {
    const limit = Math.min(STRIDE, rows - seen);
    const query = `${NEWEST}&select=id&limit=${limit}&cursor=${encodeURIComponent(cursor)}`;
    const response = await fetch(`${url}?${query}`, { headers });
    if (!response.ok) throw new Error(`a page is answered with ${response.status}: ${await response.text()}`);
    const page = rowsOfPage.parse(await response.json());
    cursor = response.headers.get('x-next-cursor') ?? '';
    seen += page.length;
    // The newest has number 1, so that the last of so many has their number.
    if (cursor === '' || page.at(-1)?.id !== seen) throw new Error(`after ${seen} rows there is no way on`);
  }
  return cursor;
}

async function open(stage: Stage): Promise<Subject[]> {
  const api = await openDataApi(stage, ROWS);
  await withClient(api.dataUrl, (client) => client.query(`create index on ${api.table} (created_at, id)`));
  const page = (named: string, cursor: string): Subject[] => {
    const query = `${NEWEST}&limit=${PAGE}&cursor=${encodeURIComponent(cursor)}`;
    return atEach(
      api.doors,
      ({ url, headers }) => ({ url: `${url}?${query}`, headers, connections: CONNECTIONS }),
      named,
    );
  };
  return [...page(', page 1', ''), ...page(', page 1000', await cursorAfter(api, (DEEP - 1) * PAGE))];
}

const deepToFirst = (door: string): Ratio[] => [
  { of: `${door}, page 1000`, to: `${door}, page 1`, figure: 'p95', goal: 1.5 },
  { of: `${door}, page 1000`, to: `${door}, page 1`, figure: 'cpu' },
];

export const deepPages: Scenario = {
  name: 'deep-pages',
  summary: `page ${DEEP} of ${ROWS} rows by cursor, beside page 1: ${PAGE} rows in the order of an index`,
  ratios: [...deepToFirst('service'), ...deepToFirst('through the gateway')],
  open,
};
