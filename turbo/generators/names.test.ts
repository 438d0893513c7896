import { expect, test } from 'vitest';
import { checkPlural, checkResource, checkService } from './checks.ts';
import { namesOf, pluralOf } from './names.ts';

const ROOT = new URL('../../', import.meta.url).pathname;

test.each([
  ['note', 'notes'],
  ['policy', 'policies'],
  ['key', 'keys'],
  ['box', 'boxes'],
  ['audit-entry', 'audit-entries'],
])('the plural of %s is %s', (resource, plural) => {
  expect(pluralOf(resource)).toBe(plural);
});

test('a name of two words is spelled as each place wants it', () => {
  const { app, one, many, idInPath } = namesOf({
    service: 'audit-log',
    resource: 'audit-entry',
    plural: 'audit-entries',
  });
  expect(app).toMatchObject({ camel: 'auditLog', pascal: 'AuditLog', title: 'Audit log' });
  expect(one).toMatchObject({ snake: 'audit_entry', constant: 'AUDIT_ENTRY', aWords: 'an audit entry' });
  expect(many).toMatchObject({ kebab: 'audit-entries', camel: 'auditEntries' });
  expect(idInPath).toBe('{auditEntryId}');
});

test.each([
  ['zephyr', 'zph'],
  ['zone', 'zne'],
  ['woks', 'wos'],
])('ids of the kind %s begin with %s', (resource, prefix) => {
  expect(namesOf({ service: 'some-app', resource, plural: 'many' }).prefix).toBe(prefix);
});

test.each([
  ['tenancy', 'is taken'],
  ['gateway', 'is taken'],
  ['contracts', 'is taken'],
  ['scripts', 'is taken'],
  ['Notes', 'lower-case'],
  ['notes-', 'lower-case'],
  ['../notes', 'lower-case'],
  ['no', 'letters'],
  ['class', 'means something else'],
])('%s is no name for a service: it %s', (service, reason) => {
  expect(checkService(service, ROOT)).toContain(reason);
});

test('a resource is new, and its plural another word', () => {
  expect(checkResource('api-key')).toContain('already');
  expect(checkResource('order')).toContain('means something else');
  expect(checkPlural('sheep', 'sheep')).toContain('must differ');
  expect(checkPlural('members', 'person')).toContain('already');
  expect(checkPlural('auth', 'author')).toBe('/v1/auth is taken');
  expect([
    checkService('trial-run', ROOT),
    checkResource('test-drive'),
    checkPlural('drives', 'test-drive'),
  ]).toEqual([true, true, true]);
});
