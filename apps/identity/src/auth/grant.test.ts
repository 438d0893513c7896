import { expect, test } from 'vitest';
import { toTokenRequest } from './grant.ts';

test('only the fields of the grant are sent on, under the default client unless one is named', () => {
  const fields = {
    username: 'ada@example.test',
    password: 'secret',
    code: 'c',
    refresh_token: 'r',
    scope: '',
  };
  expect(toTokenRequest({ grant_type: 'password', ...fields }, 'plinth-console')).toEqual({
    grant_type: 'password',
    client_id: 'plinth-console',
    username: 'ada@example.test',
    password: 'secret',
  });
  expect(
    toTokenRequest({ grant_type: 'refresh_token', ...fields, client_id: 'mine', scope: 'email' }, 'other'),
  ).toEqual({ grant_type: 'refresh_token', client_id: 'mine', refresh_token: 'r', scope: 'email' });
});

test('a client that signs in by its secret is named, never assumed', () => {
  const input = { grant_type: 'client_credentials', client_secret: 'secret' };
  expect(() => toTokenRequest(input, 'plinth-console')).toThrow('client_id: is required');
});
