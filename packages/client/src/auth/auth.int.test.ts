import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClient } from '../create-client.ts';
import { type NoteService, type NoteServices, startNoteService } from '../testing/note-service.ts';
import { type Peer, type Reply, replyToForms, startPeer } from '../testing/peer.ts';
import type { Auth } from './credential.ts';
import { clientCredentialsAuth, passwordAuth } from './grants.ts';

describe('a token function', () => {
  let service: NoteService;
  beforeEach(async () => {
    service = await startNoteService();
    service.token = 'second';
  });
  afterEach(() => service.close());

  const notesOf = (auth: Auth) => createClient<NoteServices>({ url: service.url, auth }).notes;

  test('is asked once more when its token was refused, by one call for all that wait', async () => {
    const asked: (string | undefined)[] = [];
    const notes = notesOf(async (refused) => {
      asked.push(refused);
      return refused === undefined ? 'first' : 'second';
    });
    const ids = ['note_1', 'note_2', 'note_3'];
    const found = await Promise.all(ids.map((id) => notes.note.get.query({ id })));
    expect(found.map(({ id }) => id)).toEqual(ids);
    expect(asked).toEqual([undefined, 'first']);
    expect(service.received.length).toBe(2);
  });

  test('that gives refused tokens only is not asked for ever', async () => {
    let count = 0;
    const notes = notesOf(async () => `wrong-${++count}`);
    await expect(notes.note.create.mutate({ title: 'a' })).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
    expect(count).toBe(2);
    expect(service.received.length).toBe(2);
    const keys = service.received.map(({ headers }) => headers['idempotency-key']);
    expect(keys[0]).toBe(keys[1]);
  });

  test('that has no other token leaves the refusal as it is', async () => {
    await expect(notesOf(async () => 'first').count.query()).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
    expect(service.received.length).toBe(1);
  });

  test('that throws is named as the cause', async () => {
    const cause = new Error('no session');
    const notes = notesOf(() => Promise.reject(cause));
    await expect(notes.count.query()).rejects.toMatchObject({ code: 'AUTH_FAILED', cause });
  });

  test('a fixed token is not tried again', async () => {
    await expect(notesOf('first').count.query()).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
    expect(service.received.length).toBe(1);
  });
});

describe('signing in', () => {
  let peer: Peer;
  let asked: Record<string, string>[];
  let reply: (form: URLSearchParams, count: number) => Reply;
  beforeEach(async () => {
    asked = [];
    reply = (_, count) => ({
      status: 200,
      body: { access_token: `access-${count}`, expires_in: 300, refresh_token: `refresh-${count}` },
    });
    peer = await startPeer(
      replyToForms((path, form) => {
        asked.push({ path, ...Object.fromEntries(form) });
        return reply(form, asked.length);
      }),
    );
  });
  afterEach(() => peer.close());

  const signIn = () => passwordAuth({ url: peer.url, username: 'ada', password: 'correct horse' });

  test('by password is one request, however many wait, and the token is kept', async () => {
    const token = signIn();
    expect(await Promise.all([token(), token(), token()])).toEqual(Array(3).fill('access-1'));
    expect(await token()).toBe('access-1');
    expect(asked).toEqual([
      {
        path: '/v1/auth/token',
        grant_type: 'password',
        username: 'ada',
        password: 'correct horse',
      },
    ]);
    expect(peer.received[0]?.headers).toMatchObject({
      'x-api-version': '2026-11-01',
      'x-correlation-id': expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  test('a refused token is refreshed, and one that was replaced since is not', async () => {
    const token = signIn();
    await token();
    expect(await Promise.all([token('access-1'), token('access-1')])).toEqual(['access-2', 'access-2']);
    expect(await token('access-1')).toBe('access-2');
    expect(asked.slice(1)).toEqual([{ path: '/v1/auth/refresh', refresh_token: 'refresh-1' }]);
  });

  test('a session that ended is begun anew', async () => {
    const token = signIn();
    await token();
    const { status, body } = { status: 401, body: { error: { code: 'INVALID_GRANT', message: 'over' } } };
    const answer = reply;
    reply = (form, count) => (form.has('refresh_token') ? { status, body } : answer(form, count));
    expect(await token('access-1')).toBe('access-3');
    expect(asked.map(({ path }) => path)).toEqual(['/v1/auth/token', '/v1/auth/refresh', '/v1/auth/token']);
  });

  test('a wrong password is a typed error', async () => {
    reply = () => ({
      status: 401,
      body: { error: { code: 'INVALID_GRANT', message: 'no', correlationId: 'corr-1234' } },
    });
    const { notes } = createClient<NoteServices>({ url: peer.url, auth: signIn() });
    await expect(notes.count.query()).rejects.toMatchObject({
      code: 'INVALID_GRANT',
      status: 401,
      correlationId: 'corr-1234',
    });
    expect(asked.length).toBe(1);
  });

  test('an outage while refreshing keeps the session', async () => {
    const token = signIn();
    await token();
    peer.faults.push('break');
    await expect(token('access-1')).rejects.toMatchObject({ code: 'NETWORK' });
    expect(await token('access-1')).toBe('access-2');
    expect(asked.map(({ path }) => path)).toEqual(['/v1/auth/token', '/v1/auth/refresh']);
  });

  test('by client credentials there is no refresh token: it signs in again', async () => {
    reply = (_, count) => ({ status: 200, body: { access_token: `access-${count}`, expires_in: 300 } });
    const token = clientCredentialsAuth({ url: peer.url, clientId: 'job', clientSecret: 's3cret' });
    expect([await token(), await token('access-1')]).toEqual(['access-1', 'access-2']);
    const form = { grant_type: 'client_credentials', client_id: 'job', client_secret: 's3cret' };
    expect(asked).toEqual(Array(2).fill({ path: '/v1/auth/token', ...form }));
  });
});
