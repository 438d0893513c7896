import { withClient } from '@plinth/embedded';
import { expect, test } from 'vitest';
import { as } from './api.ts';
import { newWorkspace } from './workspace.ts';

// Postgres itself, by the URL that the platform gave out, while the tenant is administered through the API.

test('a login to Postgres is shut out while its tenant is suspended, and no other is', async () => {
  const { post, patch } = await as('owner');
  const [mine, theirs] = await Promise.all([newWorkspace(), newWorkspace()]);
  async function loginOf({ workspaceId }: { workspaceId: string }): Promise<string> {
    const { status, body } = await post(`/v1/workspaces/${workspaceId}/credentials`, {
      body: { name: 'psql' },
    });
    expect(status, JSON.stringify(body)).toBe(201);
    return body.url;
  }
  const [login, other] = await Promise.all([loginOf(mine), loginOf(theirs)]);
  const comesIn = (url: string) =>
    withClient(url, (client) => client.query('select 1')).then(
      () => true,
      () => false,
    );
  expect(await comesIn(login)).toBe(true);
  await patch(`/v1/tenants/${mine.tenantId}`, { body: { status: 'suspended' } });
  await expect.poll(() => comesIn(login)).toBe(false);
  expect(await comesIn(other)).toBe(true);
  await patch(`/v1/tenants/${mine.tenantId}`, { body: { status: 'active' } });
  await expect.poll(() => comesIn(login)).toBe(true);
});
