import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  API_KEY_PATTERN,
  displayOfApiKey,
  looksLikeApiKey,
  newApiKeyParts,
  readApiKey,
  withoutApiKeys,
  writeApiKey,
} from './api-key-form.ts';

const make = () => ({ owner: 'member', stage: 'live', ...newApiKeyParts(randomBytes) }) as const;

test('what is written is read, and found by scanners', () => {
  for (let i = 0; i < 1_000; i++) {
    const parts = make();
    const text = writeApiKey(parts);
    expect(text).toHaveLength(71);
    expect(readApiKey(text)).toEqual(parts);
    expect(API_KEY_PATTERN.exec(`key = "${text}";`)?.[0]).toBe(text);
    expect(displayOfApiKey(parts)).not.toContain(parts.secret);
  }
});

test('a key is what it always was', () => {
  const parts = {
    owner: 'serviceAccount',
    stage: 'test',
    id: '0123456789AB',
    secret: 'x'.repeat(43),
  } as const;
  expect(writeApiKey(parts)).toBe(`bps_test_0123456789AB_${'x'.repeat(43)}11oGw4`);
});

test('one wrong character anywhere is noticed', () => {
  const text = writeApiKey(make());
  for (let i = 0; i < text.length; i++) {
    const other = text[i] === 'a' ? 'b' : 'a';
    expect(readApiKey(text.slice(0, i) + other + text.slice(i + 1))).toBeUndefined();
  }
});

test.each(['', 'bpk_', 'eyJhbGciOiJSUzI1NiJ9.e30.x', `bpo_live_${'a'.repeat(12)}_${'a'.repeat(49)}`])(
  '%j is no key',
  (text) => expect(readApiKey(text)).toBeUndefined(),
);

test('what is meant to be a key is told from a token', () => {
  expect(looksLikeApiKey('bpk_live_tooshort')).toBe(true);
  expect(looksLikeApiKey('eyJhbGciOiJSUzI1NiJ9.e30.x')).toBe(false);
});

test('a text that is written down keeps of a key what is public', () => {
  const parts = make();
  const text = writeApiKey(parts);
  const shown = displayOfApiKey(parts);
  for (const around of [
    (key: string) => key,
    (key: string) => `{"url":"/v1/${key}?a=${key}&b=1"}`,
    (key: string) => JSON.stringify({ message: `line\n${key}` }),
    (key: string) => `x${key}y`,
  ]) {
    expect(withoutApiKeys(around(text))).not.toContain(parts.secret.slice(0, 8));
    expect(withoutApiKeys(`see ${text}`)).toBe(`see ${shown}`);
  }
  expect(withoutApiKeys(text.slice(0, -10))).toBe(shown);
  expect(withoutApiKeys(shown)).toBe(shown);
});
