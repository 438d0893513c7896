import { expect, test } from 'vitest';
import { testMasterKey } from '../testing/test-placements.ts';
import { passwordOf, scramVerifier } from './password.ts';

const place = { schema: 'ws_01hv3c8f3k7q2m5n9r4t6w8y0z', passwordVersion: 1 };

test('a password is the same in every process, and another for each login, workspace and version', () => {
  const masterKey = testMasterKey(2, 1);
  const known = passwordOf(masterKey, place, 'api');
  expect(known).toBe(passwordOf(testMasterKey(1), place, 'api'));
  const others = [
    passwordOf(masterKey, place, 'owner'),
    passwordOf(masterKey, { ...place, passwordVersion: 2 }, 'api'),
    passwordOf(masterKey, { ...place, schema: 'ws_01hv3c8f3k7q2m5n9r4t6w8y10' }, 'api'),
  ];
  expect(new Set([known, ...others]).size).toBe(4);
  expect(known).toHaveLength(43);
});

test('there is none of a version that the master key has no more', () => {
  expect(passwordOf(testMasterKey(2), place, 'api')).toBeUndefined();
});

test('a verifier is as Postgres makes it', () => {
  expect(scramVerifier('secret', Buffer.alloc(16, 1))).toMatch(
    /^SCRAM-SHA-256\$1:AQEBAQEBAQEBAQEBAQEBAQ==\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$/,
  );
});
