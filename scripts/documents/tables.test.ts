import { readFile } from 'node:fs/promises';
import { NEWEST_VERSION } from '@plinth/contracts';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { withDegradedModes } from './degraded-modes-table.ts';
import { renderOperations } from './operations-table.ts';
import { withPermissions } from './permissions-table.ts';
import { ROUTERS } from './services.ts';
import { SETTINGS } from './settings.ts';
import { renderSettings, withSettings } from './settings-table.ts';

test('the README has the settings that the processes read: `npm run documents` writes them', async () => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  expect(withSettings(readme, SETTINGS)).toBe(readme);
});

test('the README of the gateway has the degraded modes that health tells', async () => {
  const readme = await readFile(new URL('../../gateway/README.md', import.meta.url), 'utf8');
  expect(withDegradedModes(readme)).toBe(readme);
});

test('the page of permissions has what the routers say', async () => {
  const page = await readFile(new URL('../../docs/permissions.md', import.meta.url), 'utf8');
  expect(withPermissions(page, ROUTERS)).toBe(page);
});

test('identity knows every operation of every service as the routers have it', async () => {
  const table = await readFile(
    new URL('../../apps/identity/src/authz/operations.ts', import.meta.url),
    'utf8',
  );
  expect(renderOperations(ROUTERS)).toBe(table);
});

test('the page of permissions has every operation of the document that needs a credential', async () => {
  const page = await readFile(new URL('../../docs/permissions.md', import.meta.url), 'utf8');
  const file = new URL(`../../openapi/${NEWEST_VERSION}.json`, import.meta.url);
  const { paths }: { paths: Record<string, Record<string, { security?: object[] }>> } = JSON.parse(
    await readFile(file, 'utf8'),
  );
  const closed = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([, { security = [] }]) => security.length > 0)
      .map(([method]) => `| \`${method.toUpperCase()} ${path}\` |`),
  );
  expect(closed.length).toBeGreaterThan(0);
  expect(closed.filter((row) => !page.includes(row))).toEqual([]);
});

test('every setting says what it is', () => {
  for (const { title, schema } of SETTINGS) {
    const { properties } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
    for (const [name, property] of Object.entries(properties ?? {})) {
      expect(typeof property === 'object' && property.description, `${title} ${name}`).toBeTruthy();
    }
  }
});

test('a row has the default, what is required, and the choices', () => {
  const schema = z.object({
    LEVEL: z.enum(['low', 'high']).default('low').meta({ description: 'How | much.' }),
    SECRET: z.string().meta({ description: 'What to keep.' }),
  });
  const table = renderSettings([{ title: 'a service', schema }]);
  expect(table).toContain('| `LEVEL` | `low` | How \\| much. One of `low`, `high`. |');
  expect(table).toContain('| `SECRET` | **required** | What to keep. |');
});
