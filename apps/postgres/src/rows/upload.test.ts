import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openUpload } from './upload.ts';

const LIMITS = { bytes: 10, ms: 5_000 };
const open = (body: Readable, limits = LIMITS, left = new AbortController()) =>
  openUpload(body, left.signal, limits);
const endless = (): Readable => new Readable({ read: () => undefined });

async function readAll({ chunks }: ReturnType<typeof open>): Promise<string> {
  let text = '';
  for await (const chunk of chunks) text += chunk;
  return text;
}

test('a body has one digest, whoever read how much of it', async () => {
  const bodies = Array.from({ length: 3 }, () => Readable.from([Buffer.from('ab'), Buffer.from('c')]));
  const [first, second, third] = bodies.map((body) => open(body));
  if (!first || !second || !third) throw new Error('there are three');
  expect(await readAll(first)).toBe('abc');
  await second.chunks[Symbol.asyncIterator]().next();
  const digests = await Promise.all([first, second, third].map((upload) => upload.digest()));
  expect(new Set(digests).size).toBe(1);
  for (const upload of [first, second, third]) upload.close();
});

test('one that is too large is given up, and can still be answered', async () => {
  const body = Readable.from([Buffer.alloc(8), Buffer.alloc(8)]);
  const upload = open(body);
  await expect(readAll(upload)).rejects.toMatchObject({
    code: 'PAYLOAD_TOO_LARGE',
    details: { limitBytes: 10 },
  });
  expect(body.destroyed).toBe(false);
  upload.close();
});

test('one that takes too long is given up, and can still be answered', async () => {
  const body = endless();
  const upload = open(body, { bytes: 10, ms: 20 });
  await expect(readAll(upload)).rejects.toMatchObject({ code: 'REQUEST_TIMEOUT' });
  expect([upload.signal.aborted, body.destroyed]).toEqual([true, false]);
});

test('one whose caller leaves ends with the reason', async () => {
  const left = new AbortController();
  const upload = open(endless(), LIMITS, left);
  const read = readAll(upload);
  await sleep(1);
  const reason = new Error('left');
  left.abort(reason);
  await expect(read).rejects.toBe(reason);
  upload.close();
});
