import { afterEach, beforeEach, expect, test } from 'vitest';
import { createClient } from './create-client.ts';
import { pages } from './pages.ts';
import { type NoteService, type NoteServices, refusal, startNoteService } from './testing/note-service.ts';

let service: NoteService;
beforeEach(async () => {
  service = await startNoteService();
});
afterEach(() => service.close());

function allNotes() {
  const { notes } = createClient<NoteServices>({ url: service.url, auth: 'token' });
  return pages((cursor) => notes.note.list.query({ cursor }));
}

test('every item of every page, in order', async () => {
  const ids: string[] = [];
  for await (const note of allNotes()) ids.push(note.id);
  expect(ids).toEqual(Array.from({ length: 45 }, (_, i) => `note_${i}`));
  expect(service.received.length).toBe(3);
});

test('no page is fetched before it is needed', async () => {
  for await (const note of allNotes()) if (note.id === 'note_3') break;
  expect(service.received.length).toBe(1);
  expect((await allNotes().toArray({ max: 20 })).length).toBe(20);
  expect(service.received.length).toBe(2);
  expect(await allNotes().toArray({ max: 0 })).toEqual([]);
  expect(service.received.length).toBe(2);
});

test('the same pages can be read again', async () => {
  const notes = allNotes();
  expect((await notes.toArray()).length).toBe(45);
  expect(await notes.toArray()).toEqual(await notes.toArray());
});

test('a page that fails ends the loop with its error', async () => {
  const seen: string[] = [];
  async function read() {
    for await (const note of allNotes()) {
      seen.push(note.id);
      if (seen.length === 1) service.faults.push(refusal('PERMISSION_DENIED'));
    }
  }
  await expect(read()).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  expect(seen.length).toBe(20);
});
