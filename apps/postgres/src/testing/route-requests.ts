import type { SuiteRequest } from '@plinth/testing';

// A request of each route that succeeds: in this order, in one workspace, each after those before it. `{workspaceId}` and
// `{credentialId}` stand for what is not known before; the function `double` has to be there.

export interface RouteRequest extends SuiteRequest {
  /** As the document names the route. */
  route: `${SuiteRequest['method']} /v1/${string}`;
}

const COLUMNS = [
  { name: 'id', type: 'bigint', primaryKey: true },
  { name: 'title', type: 'text', nullable: false },
  { name: 'owner', type: 'text' },
];
const OWN = { conditions: [{ column: 'owner', operator: 'eq', uid: true }] };

const POSTGRES = '/v1/postgres/{workspaceId}';
const CREDENTIALS = '/v1/workspaces/{workspaceId}/credentials';
const TABLE = `${POSTGRES}/tables/{table}` as const;
const TYPE = `${POSTGRES}/types/{type}` as const;
const ROWS = `${POSTGRES}/rows/{table}` as const;
const RPC = `${POSTGRES}/rpc/{function}` as const;
const BESIDE_ROWS = `${POSTGRES}/rows/rpc/{function}` as const;
const CREDENTIAL = `${CREDENTIALS}/{credentialId}` as const;

const NAMES: Record<string, string> = {
  table: 'note',
  column: 'mood',
  index: 'note_title',
  policy: 'own_notes',
  type: 'mood',
  version: '0001',
  function: 'double',
};

function request(
  method: RouteRequest['method'],
  path: `/v1/${string}`,
  { payload, query = '' }: { payload?: object; query?: string } = {},
): RouteRequest {
  return {
    route: `${method} ${path}`,
    method,
    url: `${path.replace(/\{(\w+)\}/g, (whole, name: string) => NAMES[name] ?? whole)}${query}`,
    ...(payload && { payload }),
  };
}

export const ROUTE_REQUESTS: readonly RouteRequest[] = [
  request('POST', `${POSTGRES}/tables`, { payload: { name: 'note', columns: COLUMNS } }),
  request('GET', `${POSTGRES}/tables`),
  request('GET', TABLE),
  request('PATCH', TABLE, { payload: { comment: 'Notes.' } }),
  request('POST', `${POSTGRES}/types`, { payload: { name: 'mood', values: ['calm', 'tense'] } }),
  request('GET', `${POSTGRES}/types`),
  request('GET', TYPE),
  request('PATCH', TYPE, { payload: { addValues: [{ value: 'uneasy' }] } }),
  request('POST', `${TABLE}/columns`, { payload: { name: 'mood', type: 'text' } }),
  request('GET', `${TABLE}/columns`),
  request('PATCH', `${TABLE}/columns/{column}`, { payload: { comment: 'In one word.' } }),
  request('DELETE', `${TABLE}/columns/{column}`),
  request('DELETE', TYPE),
  request('POST', `${TABLE}/indexes`, { payload: { name: 'note_title', columns: [{ name: 'title' }] } }),
  request('GET', `${TABLE}/indexes`),
  request('GET', `${TABLE}/indexes/{index}`),
  request('DELETE', `${TABLE}/indexes/{index}`),
  request('POST', `${TABLE}/policies`, { payload: { name: 'own_notes', using: OWN } }),
  request('GET', `${TABLE}/policies`),
  request('DELETE', `${TABLE}/policies/{policy}`),
  request('POST', `${POSTGRES}/migrations`, {
    payload: {
      migrations: [
        { version: '0001', name: 'Labels', changes: [{ createTable: { name: 'label', columns: COLUMNS } }] },
      ],
    },
  }),
  request('GET', `${POSTGRES}/migrations`),
  request('GET', `${POSTGRES}/migrations/{version}`),
  request('POST', ROWS, { payload: { id: 1, title: 'One' } }),
  request('GET', ROWS, { query: '?select=id,title&order=id' }),
  request('PATCH', ROWS, { payload: { title: 'First' }, query: '?id=eq.1' }),
  request('PUT', ROWS, { payload: { id: 1, title: 'One', owner: 'me' }, query: '?id=eq.1' }),
  request('POST', `${POSTGRES}/batch`, {
    payload: { operations: [{ method: 'POST', path: 'rows/note', body: { id: 2, title: 'Two' } }] },
  }),
  request('DELETE', ROWS, { query: '?id=eq.2' }),
  request('GET', `${POSTGRES}/functions`),
  ...[RPC, BESIDE_ROWS].flatMap((path) => [
    request('POST', path, { payload: { n: 2 } }),
    request('GET', path, { query: '?n=2' }),
  ]),
  request('GET', `${POSTGRES}/openapi.json`),
  request('POST', CREDENTIALS, { payload: { name: 'Reporting' } }),
  request('GET', CREDENTIALS),
  request('GET', CREDENTIAL),
  request('POST', `${CREDENTIAL}/rotate`),
  request('DELETE', CREDENTIAL),
  request('DELETE', TABLE),
];
