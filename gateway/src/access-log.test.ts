import { expect, test } from 'vitest';
import { loggedPath } from './access-log.ts';

test('a long segment, which may be a secret, is cut', () => {
  const secret = 'x'.repeat(43);
  expect(loggedPath(`/v1/invitations/${secret}/accept`)).toBe(`/v1/invitations/${'x'.repeat(8)}…/accept`);
  const signIn = '/realms/plinth/login-actions/authenticate';
  expect(loggedPath(`${signIn}/${secret}`)).toBe(`${signIn}/${'x'.repeat(8)}…`);
  expect(loggedPath('/v1/tenants/tnt_01HV3C8F3K7Q2M5N9R4T6W8Y0Z')).toBe(
    '/v1/tenants/tnt_01HV3C8F3K7Q2M5N9R4T6W8Y0Z',
  );
});
