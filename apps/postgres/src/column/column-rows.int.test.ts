import { expect, test } from 'vitest';
import { openPostgres } from '../testing/harness.ts';

// Columns are changed by requests, and the rows of the very next request have them as they are.

const postgres = await openPostgres();
const member = postgres.newMember();

async function at(method: 'GET' | 'POST' | 'DELETE', path: string, payload?: object) {
  const url = `/v1/postgres/${member.workspaceId}${path}`;
  const { status, body } = await postgres.send(member, { method, url, ...(payload && { payload }) });
  expect(status, JSON.stringify(body)).toBeLessThan(300);
  return body;
}

test('a column is in all rows once it was added, and in none once it was removed', async () => {
  const columns = [{ name: 'id', type: 'integer', primaryKey: true }];
  await at('POST', '/tables', { name: 'thing', columns });
  await at('POST', '/rows/thing', { id: 1 });
  for (let index = 0; index < 10; index++) {
    await at('POST', '/tables/thing/columns', { name: `extra_${index}`, type: 'text' });
    expect(await at('GET', '/rows/thing')).toEqual([{ id: 1, [`extra_${index}`]: null }]);
    await at('DELETE', `/tables/thing/columns/extra_${index}`);
    expect(await at('GET', '/rows/thing')).toEqual([{ id: 1 }]);
  }
});
