import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ClientOptions } from './client-options.ts';
import { createClient } from './create-client.ts';
import { type NoteService, type NoteServices, refusal, startNoteService } from './testing/note-service.ts';

let service: NoteService;
beforeEach(async () => {
  service = await startNoteService();
});
afterEach(() => service.close());

function clientOf(options: Partial<ClientOptions> = {}) {
  return createClient<NoteServices>({ url: service.url, auth: 'token', ...options });
}

test('a query and a mutation give what the procedure gives', async () => {
  const { notes } = clientOf();
  expect(await notes.note.get.query({ id: 'note_0' })).toEqual({
    id: 'note_0',
    title: 'Note 0',
    pinned: true,
  });
  expect(await notes.count.query()).toEqual({ count: 45 });
  expect(await notes.note.create.mutate({ title: 'New' })).toMatchObject({ title: 'New', pinned: false });
});

test('headers: the credential, the version, the organization, an id for every call and a key for every mutation', async () => {
  const { notes } = clientOf({ url: `${service.url}/`, organizationId: 'org_1' });
  await notes.note.get.query({ id: 'note_1' });
  await notes.note.create.mutate({ title: 'a' });
  await notes.note.create.mutate({ title: 'b' });
  const [query, ...mutations] = service.received.map(({ headers }) => headers);
  const ids = service.received.map(({ headers }) => headers['x-correlation-id']);
  expect(query).toMatchObject({
    authorization: 'Bearer token',
    'x-api-version': '2026-11-01',
    'x-organization-id': 'org_1',
  });
  expect(query).not.toHaveProperty('idempotency-key');
  expect(new Set(mutations.map((headers) => headers['idempotency-key'])).size).toBe(2);
  expect(new Set(ids).size).toBe(3);
});

test('an API key is sent as one, and the caller may choose the key of a mutation', async () => {
  service.faults.push(refusal('UNAUTHENTICATED'));
  const { notes } = clientOf({ auth: { apiKey: 'secret' } });
  const context = { idempotencyKey: 'mine' };
  await expect(notes.note.create.mutate({ title: 'a' }, { context })).rejects.toMatchObject({ status: 401 });
  expect(service.received[0]?.headers).toMatchObject({
    authorization: 'Api-Key secret',
    'idempotency-key': 'mine',
  });
});

test('queries of one moment share a request, 20 at most', async () => {
  const { notes } = clientOf();
  const ids = Array.from({ length: 45 }, (_, i) => `note_${i}`);
  const found = await Promise.all(ids.map((id) => notes.note.get.query({ id })));
  expect(found.map(({ id }) => id)).toEqual(ids);
  expect(service.received.map(({ path }) => path.split(',').length)).toEqual([20, 20, 5]);
});

test('queries too long for one URL take several, and a single one too long goes alone', async () => {
  const { notes } = clientOf();
  const ask = (id: string) => notes.note.get.query({ id });
  const long = Array.from({ length: 5 }, (_, i) => `${i}${'x'.repeat(3_000)}`);
  const answers = await Promise.allSettled([...long, 'y'.repeat(9_000)].map(ask));
  expect(answers.map((answer) => answer.status)).toEqual(Array(6).fill('rejected'));
  expect(service.received.length).toBe(4);
  const alone = service.received.filter(({ query }) => !query.has('batch'));
  expect(alone.map(({ path }) => path)).toEqual(['/trpc/notes/note.get']);
});

test('mutations are never batched', async () => {
  const { notes } = clientOf();
  await Promise.all([1, 2, 3].map((n) => notes.note.create.mutate({ title: `Note ${n}` })));
  expect(service.received.map(({ method, query }) => [method, query.has('batch')])).toEqual(
    Array(3).fill(['POST', false]),
  );
  expect(new Set(service.received.map(({ headers }) => headers['idempotency-key'])).size).toBe(3);
});

test('a call that fails in a batch leaves the others alone, and its error names the request', async () => {
  const { notes } = clientOf();
  const [found, missing] = await Promise.allSettled([
    notes.note.get.query({ id: 'note_1' }),
    notes.note.get.query({ id: 'none' }),
  ]);
  const sent = service.received[0]?.headers['x-correlation-id'];
  expect(found).toMatchObject({ status: 'fulfilled' });
  expect(missing).toMatchObject({
    reason: { code: 'NOT_FOUND', status: 404, correlationId: sent, details: { id: 'none' } },
  });
  expect(service.received.length).toBe(1);
});

test('names without a call at their end are refused, and a client can be awaited', async () => {
  const client: object = clientOf();
  expect(await client).toBe(client);
  const { notes } = clientOf();
  // @ts-expect-error: a procedure is not a function itself.
  expect(() => notes.count()).toThrow('notes.count is not a call');
});
