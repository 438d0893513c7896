import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { as } from './api.ts';
import { newWorkspace } from './workspace.ts';

// The requests of docs/schemas.md, as they are written there and in that order, in one workspace.

const PAGE = join(import.meta.dirname, '../../../docs/schemas.md');

interface Example {
  method: string;
  path: string;
  body: string;
}

function examplesIn(page: string): Example[] {
  const indented = page.match(/^ {4}.*$/gm)?.map((line) => line.slice(4)) ?? [];
  const requests = indented.join('\n').split(/^(?=(?:GET|POST|PATCH|PUT|DELETE) )/m);
  return requests.map((text) => {
    const [first = '', ...lines] = text.split('\n');
    const [method = '', path = ''] = first.split(' ');
    return { method, path, body: lines.join('\n').trim() };
  });
}

test('every example does what it says when the page is followed from the top', async () => {
  const { workspaceId } = await newWorkspace();
  const owner = await as('owner');
  const requestOf: Readonly<Record<string, typeof owner.get>> = {
    GET: owner.get,
    POST: owner.post,
    PATCH: owner.patch,
    DELETE: owner.remove,
  };
  const examples = examplesIn(await readFile(PAGE, 'utf8'));
  expect(examples.length).toBeGreaterThan(15);
  for (const { method, path, body } of examples) {
    const url = path.replace(/^(\/v1\/postgres\/\{workspaceId\}|…)/, `/v1/postgres/${workspaceId}`);
    const answer = await requestOf[method]?.(url, body === '' ? {} : { body });
    expect(answer?.status, `${method} ${path} ${JSON.stringify(answer?.body)}`).toBeLessThan(300);
  }
});
