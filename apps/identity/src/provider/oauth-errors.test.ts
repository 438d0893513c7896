import { expect, test } from 'vitest';
import { toRefusal } from './oauth-errors.ts';

const refused = (status: number, error: string, error_description?: string) =>
  toRefusal({ status, retryAfter: undefined, body: { error, error_description } }, 'password');

test.each([
  [400, 'invalid_grant', undefined, 'INVALID_GRANT'],
  [400, 'invalid_scope', 'Invalid scopes: x', 'INVALID_SCOPE'],
  [400, 'unsupported_grant_type', undefined, 'UNSUPPORTED_GRANT_TYPE'],
  [401, 'invalid_client', 'Invalid client or Invalid client credentials', 'INVALID_CLIENT'],
  [401, 'unauthorized_client', 'Invalid client or Invalid client credentials', 'INVALID_CLIENT'],
  [401, 'unauthorized_client', 'Client not enabled to retrieve service account', 'UNAUTHORIZED_CLIENT'],
  [400, 'invalid_request', 'requested grant type is not allowed for this client', 'UNAUTHORIZED_CLIENT'],
  [400, 'invalid_request', 'missing required parameter(s)', 'INVALID_REQUEST'],
  [503, 'invalid_grant', undefined, 'AUTH_UNAVAILABLE'],
  [400, 'constructor', undefined, 'AUTH_UNAVAILABLE'],
])('%i %s (%s) is %s', (status, error, description, code) => {
  expect(refused(status, error, description).code).toBe(code);
});

test('what the provider says of an account is not passed on', () => {
  const disabled = refused(400, 'invalid_grant', 'Account disabled');
  const wrong = refused(401, 'invalid_grant', 'Invalid user credentials');
  expect({ ...disabled, stack: '' }).toEqual({ ...wrong, stack: '' });
  expect(JSON.stringify(disabled)).not.toContain('disabled');
});
