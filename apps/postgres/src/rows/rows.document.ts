import type { NativeRoute } from '@plinth/service';
import { LINES_TYPES } from '../request/media-types.ts';

// What the document says of the routes whose query is PostgREST's grammar and whose bodies are rows.

const text = { type: 'string' } as const;
export const query = (name: string, description: string, example?: string) => ({
  name,
  in: 'query',
  required: false,
  description,
  schema: text,
  ...(example !== undefined && { example }),
});

export const PREFERENCES = {
  name: 'Prefer',
  in: 'header',
  required: false,
  description:
    'What to answer and how, with commas between: `return=minimal|headers-only|representation`, `count=exact|planned|estimated`, `resolution=merge-duplicates|ignore-duplicates`, `missing=default`, `max-affected=N`, `numbers=string`, `handling=strict`, and `wait=10` for a request with the same key that still runs.',
  schema: text,
};

export const SELECT = query(
  'select',
  'Columns, aliases, casts, JSON paths, aggregates and related tables: `id,total,customer:customers(name),lines(*)`.',
);
export const FILTER = {
  name: 'filter',
  in: 'query',
  required: false,
  description:
    'Any column by its name: `status=eq.open`, `total=gt.10`, `name=ilike.*ada*`, `id=in.(1,2,3)`, `paid_at=is.null`, `tags=cs.{new}`; `not.` before an operator negates it, `or=(…)` and `and=(…)` combine. All have to hold.',
  style: 'form',
  explode: true,
  schema: { type: 'object', additionalProperties: text },
};
export const ORDER = query('order', 'As `total.desc.nullslast,id`.');
const LIMIT = query(
  'limit',
  'At most so many rows. Of JSON an answer holds 10,000 at most; as CSV or NDJSON it has all rows, however many, unless `limit` says otherwise.',
);
export const OFFSET = query('offset', 'Leaves out so many rows first.');
const CURSOR = query(
  'cursor',
  'The `X-Next-Cursor` of the page before: goes on there, at the cost of a first page.',
);

/** Of a change. */
const FIRST = [
  query('order', 'With `limit`, which rows come first: ends in a unique key, as `created_at,id`.', 'id'),
  query('limit', 'Changes the first so many rows of the order, and no others.', '10'),
];
const FULL_TABLE = {
  name: 'X-Allow-Full-Table',
  in: 'header',
  required: false,
  description:
    'The name of the table again, where all of its rows are meant and no filter says which; more than `max-affected` stay refused. Needs the permission `rows:truncate`, and is audited.',
  schema: text,
};

const ROW = { type: 'object', additionalProperties: true } as const;
const ROWS = { type: 'array', items: ROW } as const;
const EXAMPLE = [{ id: 1, customer: 1, total: 12.5, status: 'open' }];

const ANSWERED = {
  'application/json': { schema: ROWS, example: EXAMPLE },
  'application/vnd.pgrst.object+json': { schema: ROW, example: EXAMPLE[0] },
  'text/csv': { schema: text, example: 'id,customer,total,status\n1,1,12.5,open\n' },
  'application/x-ndjson': { schema: text, example: '{"id":1,"customer":1,"total":12.5,"status":"open"}\n' },
} as const;

const header = (description: string, example: string) => ({ description, schema: text, example });
const IF_MATCH = {
  name: 'If-Match',
  in: 'header',
  required: false,
  description: 'The `ETag` of the row that was read: 412 where it has changed since, and nothing is done.',
  schema: text,
};
const NO_BODY = 'It is done; the rows come back with `Prefer: return=representation`.';

const AFFECTED = header('How many rows were written.', '1000000');
const RANGE_HEADERS = {
  'Content-Range': header('Which rows these are, and of how many where it was counted.', '0-24/*'),
  'X-Next-Cursor': header('For `cursor`; missing on the last page.', 'v1.…'),
};

const rowsBody = (description: string) => ({
  description,
  required: true,
  content: {
    'application/json': {
      schema: { oneOf: [ROW, ROWS] },
      example: { customer: 1, total: 12.5, status: 'open' },
    },
    'text/csv': { schema: text, example: 'customer,total,status\n1,12.5,open\n2,7,NULL\n' },
    'application/x-ndjson': {
      schema: text,
      example: '{"customer":1,"total":12.5,"status":"open"}\n{"customer":2,"total":7,"status":null}\n',
    },
  },
});

export const LIST: NativeRoute = {
  parameters: [SELECT, FILTER, ORDER, LIMIT, OFFSET, CURSOR, PREFERENCES],
  answer: { description: 'The rows', headers: RANGE_HEADERS, content: ANSWERED },
  others: {
    206: 'A part of the rows, where they were counted.',
    304: 'The row at hand is still so.',
  },
};

export const INSERT: NativeRoute = {
  streamed: LINES_TYPES,
  parameters: [
    SELECT,
    query('columns', 'The columns that are written; others in the body are left alone.'),
    query('on_conflict', 'The columns of the unique key that decides what is there already.'),
    PREFERENCES,
  ],
  requestBody: rowsBody(
    'A row, or up to 1,000. As CSV or NDJSON any number of them: they are read as they come, and a refusal says at which line.',
  ),
  answer: {
    description:
      'The rows are there; up to 1,000 come back with `Prefer: return=representation`, of more only how many',
    headers: {
      'X-Rows-Affected': AFFECTED,
      'X-Rows-Inserted': header('How many of them are new, where that can be told.', '1000000'),
    },
    content: ANSWERED,
  },
};

export const UPDATE: NativeRoute = {
  parameters: [
    SELECT,
    FILTER,
    query('on', 'With a list in the body: the columns by which an element finds its row.'),
    ...FIRST,
    PREFERENCES,
    IF_MATCH,
    FULL_TABLE,
  ],
  requestBody: rowsBody('What changes in every row that the filters find.'),
  answer: {
    description: 'The rows are changed',
    headers: {
      'X-Rows-Affected': AFFECTED,
      'X-Rows-Unmatched': header(
        'With `on`: the keys of elements that found no row, as a JSON list; of very many, those that have room.',
        '[{"id":77}]',
      ),
    },
    content: ANSWERED,
  },
  others: { 204: NO_BODY },
};

export const UPSERT: NativeRoute = {
  parameters: [SELECT, FILTER, PREFERENCES, IF_MATCH],
  requestBody: rowsBody('The whole row, whose primary key the filters name.'),
  answer: { description: 'The row is as the body says', content: ANSWERED },
  others: { 201: 'The row is new.', 204: NO_BODY },
};

export const REMOVE: NativeRoute = {
  parameters: [SELECT, FILTER, ...FIRST, PREFERENCES, IF_MATCH, FULL_TABLE],
  answer: { description: 'The rows are gone', content: ANSWERED },
  others: { 204: NO_BODY },
};
