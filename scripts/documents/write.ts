import { readFile, writeFile } from 'node:fs/promises';
import { API_VERSIONS, documentPathOf } from '@plinth/contracts';
import { breakingChanges, explainBreakingChanges, startPlatform } from '@plinth/testing';
import { withDegradedModes } from './degraded-modes-table.ts';
import { renderOperations } from './operations-table.ts';
import { withPermissions } from './permissions-table.ts';
import { ROUTERS } from './services.ts';
import { SETTINGS } from './settings.ts';
import { withSettings } from './settings-table.ts';

// `npm run documents`: what is committed but made from code. A test fails while they differ. What a published version has
// promised is not written over.

const README = new URL('../../README.md', import.meta.url);
const GATEWAY_README = new URL('../../gateway/README.md', import.meta.url);
const PERMISSIONS = new URL('../../docs/permissions.md', import.meta.url);
const OPERATIONS = new URL('../../apps/identity/src/authz/operations.ts', import.meta.url);
/** The address of an installation is its own; this is that of `npm start`. */
const servers = [{ url: 'http://127.0.0.1:4000' }];

const fileOf = (version: string) => new URL(`../../openapi/${version}.json`, import.meta.url);

async function committed(version: string): Promise<Record<string, unknown> | undefined> {
  try {
    return JSON.parse(await readFile(fileOf(version), 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

await writeFile(README, withSettings(await readFile(README, 'utf8'), SETTINGS));
console.log('README.md: the tables of settings are written.');
await writeFile(GATEWAY_README, withDegradedModes(await readFile(GATEWAY_README, 'utf8')));
console.log('gateway/README.md: the table of degraded modes is written.');

await writeFile(PERMISSIONS, withPermissions(await readFile(PERMISSIONS, 'utf8'), ROUTERS));
console.log('docs/permissions.md: the tables of roles are written.');
await writeFile(OPERATIONS, renderOperations(ROUTERS));
console.log('apps/identity: the table of operations is written.');

const platform = await startPlatform();
try {
  for (const version of API_VERSIONS) {
    const answer = await fetch(platform.url + documentPathOf(version));
    const served: Record<string, unknown> = JSON.parse(await answer.text());
    const before = await committed(version);
    const broken = before ? breakingChanges(before, served) : [];
    if (broken.length > 0) {
      console.error(explainBreakingChanges(version, broken));
      process.exitCode = 1;
      continue;
    }
    await writeFile(fileOf(version), `${JSON.stringify({ ...served, servers }, null, 2)}\n`);
    console.log(`openapi/${version}.json: the document is written.`);
  }
} finally {
  await platform.stop();
}
