import { expect, test } from 'vitest';
import { openPostgres } from './testing/harness.ts';

const { checks, newMember, send, tenancy } = await openPostgres();

test('a tenancy that does not answer is shown, and the service goes on', async () => {
  const shown = checks.find(({ name }) => name === 'tenancy');
  expect(shown).toMatchObject({ backend: 'tenancy', optional: true });
  await expect(shown?.check()).resolves.toBeUndefined();

  tenancy.isAway = true;
  await expect(shown?.check()).rejects.toThrow();
  const caller = newMember('owner');
  const { status } = await send(caller, {
    method: 'GET',
    url: `/v1/postgres/${caller.workspaceId}/tables`,
  });
  expect(status).toBe(200);

  tenancy.isAway = false;
  await expect(shown?.check()).resolves.toBeUndefined();
});
