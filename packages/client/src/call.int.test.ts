import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RetryInfo } from './call.ts';
import type { ClientOptions } from './client-options.ts';
import { createClient } from './create-client.ts';
import { isPlinthError, PlinthError } from './plinth-error.ts';
import { type NoteService, type NoteServices, refusal, startNoteService } from './testing/note-service.ts';

let service: NoteService;
let retries: RetryInfo[];
beforeEach(async () => {
  service = await startNoteService();
  retries = [];
});
afterEach(() => service.close());

function notesOf(options: Partial<ClientOptions> = {}) {
  const onRetry = (info: RetryInfo) => retries.push(info);
  return createClient<NoteServices>({ url: service.url, auth: 'token', onRetry, ...options }).notes;
}

async function errorOf(call: Promise<unknown>): Promise<PlinthError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!isPlinthError(error)) throw new Error(`not a PlinthError: ${error}`);
  return error;
}

const sent = (header: string) => service.received.map(({ headers }) => headers[header]);

test('a mutation is sent again under its key and its id, and takes effect once', async () => {
  service.faults.push(refusal('SERVICE_UNAVAILABLE'), 'break');
  const made = await notesOf().note.create.mutate({ title: 'Once' });
  expect(made.title).toBe('Once');
  expect(service.received.length).toBe(3);
  expect(new Set(sent('idempotency-key')).size).toBe(1);
  expect(new Set(sent('x-correlation-id')).size).toBe(1);
  expect(retries.map(({ service: name, path, retry, error }) => [name, path, retry, error.code])).toEqual([
    ['notes', 'note.create', 1, 'SERVICE_UNAVAILABLE'],
    ['notes', 'note.create', 2, 'NETWORK'],
  ]);
});

test('queries that failed together wait alike, so that they can share the next request', async () => {
  service.faults.push(refusal('SERVICE_UNAVAILABLE'));
  const notes = notesOf();
  await Promise.all(['note_1', 'note_2', 'note_3'].map((id) => notes.note.get.query({ id })));
  expect(retries.length).toBe(3);
  expect(new Set(retries.map(({ delayMs }) => delayMs)).size).toBe(1);
  expect(new Set(sent('x-correlation-id')).size).toBe(1);
});

test.each(['RATE_LIMITED', 'BAD_GATEWAY', 'UPSTREAM_TIMEOUT', 'IDEMPOTENCY_IN_PROGRESS'] as const)(
  '%s passes by',
  async (code) => {
    service.faults.push(refusal(code));
    await notesOf().note.create.mutate({ title: code });
    expect(retries.map(({ error }) => error.code)).toEqual([code]);
  },
);

test.each(['INTERNAL_ERROR', 'CONFLICT', 'PERMISSION_DENIED', 'TOKEN_EXPIRED'] as const)(
  '%s does not, so it is not sent again',
  async (code) => {
    service.faults.push(refusal(code));
    expect(await errorOf(notesOf().count.query())).toMatchObject({
      code,
      correlationId: 'corr-of-the-server',
    });
    expect(service.received.length).toBe(1);
  },
);

test('retries end: after three, or as many as are wanted', async () => {
  service.faults.push(...Array.from({ length: 6 }, () => refusal('OVERLOADED')));
  expect(await errorOf(notesOf().count.query())).toMatchObject({ code: 'OVERLOADED', status: 503 });
  expect(service.received.length).toBe(4);
  await errorOf(notesOf({ retries: 0 }).count.query());
  expect(service.received.length).toBe(5);
});

test('no attempt is made before the server said, by body or by header', async () => {
  service.faults.push(refusal('RATE_LIMITED', { retryAfter: 1 }));
  await notesOf().count.query();
  const html = { status: 503, headers: { 'retry-after': '1' }, body: '<h1>Maintenance</h1>' };
  service.faults.push(html);
  await notesOf().count.query();
  expect(retries.map(({ delayMs }) => delayMs >= 1_000)).toEqual([true, true]);
  expect(retries[1]?.error).toMatchObject({ code: 'BAD_ANSWER', status: 503, retryAfter: 1 });
});

test('a wait that would outlast the deadline is not begun', async () => {
  service.faults.push(refusal('RATE_LIMITED', { retryAfter: 30 }));
  const error = await errorOf(notesOf({ deadlineMs: 5_000 }).count.query());
  expect(error).toMatchObject({ code: 'RATE_LIMITED', retryAfter: 30 });
  expect(retries).toEqual([]);
});

test('an attempt that hangs is given up and made again', async () => {
  service.faults.push('hang');
  expect(await notesOf({ timeoutMs: 1_000 }).count.query()).toEqual({ count: 45 });
  expect(retries.map(({ error }) => error.code)).toEqual(['TIMEOUT']);
});

test('the deadline ends a call, whatever it waits for', async () => {
  service.faults.push('hang');
  const slow = notesOf({ deadlineMs: 100 });
  expect(await errorOf(slow.count.query())).toMatchObject({ code: 'TIMEOUT', status: 0 });
  const withoutToken = notesOf({ deadlineMs: 100, auth: () => new Promise(() => undefined) });
  expect(await errorOf(withoutToken.count.query())).toMatchObject({ code: 'TIMEOUT' });
  expect(retries).toEqual([]);
});

test('the caller can give up: before, during and between the attempts', async () => {
  expect(await errorOf(notesOf().count.query(undefined, { signal: AbortSignal.abort() }))).toMatchObject({
    code: 'ABORTED',
  });
  expect(service.received).toEqual([]);

  const during = new AbortController();
  service.faults.push('hang');
  const hanging = errorOf(notesOf().note.create.mutate({ title: 'a' }, { signal: during.signal }));
  while (service.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  during.abort();
  expect((await hanging).code).toBe('ABORTED');

  const between = new AbortController();
  service.faults.push(refusal('RATE_LIMITED', { retryAfter: 20 }));
  const waiting = notesOf({ onRetry: () => between.abort() }).count.query(undefined, between);
  expect((await errorOf(waiting)).code).toBe('ABORTED');
  expect(service.received.length).toBe(2);
});

test('one caller of a batch who gives up does not take the others along', async () => {
  const controller = new AbortController();
  const notes = notesOf();
  const given = errorOf(notes.note.get.query({ id: 'note_1' }, controller));
  const kept = notes.note.get.query({ id: 'note_2' });
  controller.abort();
  expect((await given).code).toBe('ABORTED');
  expect((await kept).id).toBe('note_2');
});

test('errors say what is wrong, field by field, and under which id', async () => {
  const error = await errorOf(notesOf().note.create.mutate({ title: '' }));
  expect(error).toBeInstanceOf(PlinthError);
  expect(error).toMatchObject({
    code: 'VALIDATION_FAILED',
    status: 400,
    correlationId: sent('x-correlation-id')[0],
  });
  expect(error.fieldErrors).toEqual([expect.objectContaining({ path: 'title' })]);
  expect(error.message).toContain('title');
});

test('what is not an answer of Plinth is said to be none', async () => {
  service.faults.push({ status: 200, body: '<html>' }, { status: 404, body: { message: 'no route' } });
  const [html, json] = [await errorOf(notesOf().count.query()), await errorOf(notesOf().count.query())];
  expect(html).toMatchObject({ code: 'BAD_ANSWER', status: 200, correlationId: sent('x-correlation-id')[0] });
  expect(json).toMatchObject({ code: 'BAD_ANSWER', status: 404 });
});

test('a server that is gone is a network error with the id of the call', async () => {
  await service.close();
  const error = await errorOf(notesOf({ retries: 1 }).count.query());
  expect(error).toMatchObject({ code: 'NETWORK', status: 0 });
  expect(error.correlationId).toMatch(/^[0-9a-f]{32}$/);
  service = await startNoteService();
});
