import { expect, test } from 'vitest';
import { fromRevokedHeader, revocationSubject, toRevokedHeader } from './revocation.ts';

test.each([
  'tenant:tnt_1',
  'principal:usr_1',
  'session:a:b',
  'membership:sva_1',
  'organization:org_1',
  'key:key_1',
])('%s can be revoked', (subject) => {
  expect(revocationSubject.safeParse(subject).data).toBe(subject);
});

test.each([
  'tenant',
  'tenant:',
  'planet:x',
  'tenant:a b',
  'tenant:a\n',
  ` tenant:a`,
  `session:${'x'.repeat(256)}`,
])('%j names nothing that can', (subject) => {
  expect(revocationSubject.safeParse(subject).success).toBe(false);
});

test('what a header names comes back, without what nobody knows', () => {
  expect(fromRevokedHeader(toRevokedHeader(['tenant:tnt_1', 'session:s-1']))).toEqual([
    'tenant:tnt_1',
    'session:s-1',
  ]);
  expect(fromRevokedHeader('tenant:tnt_1, tenant:tnt_2 nonsense')).toEqual(['tenant:tnt_1', 'tenant:tnt_2']);
  expect(fromRevokedHeader('')).toEqual([]);
});
