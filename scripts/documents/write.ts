import { readFile, writeFile } from 'node:fs/promises';
import { startPlatform } from '@plinth/testing';
import { SETTINGS } from './settings.ts';
import { withSettings } from './settings-table.ts';

// `npm run documents`: what is committed but made from code. A test fails while they differ.

const README = new URL('../../README.md', import.meta.url);
const OPENAPI = new URL('../../openapi.json', import.meta.url);

await writeFile(README, withSettings(await readFile(README, 'utf8'), SETTINGS));
console.log('README.md: the tables of settings are written.');

const platform = await startPlatform();
try {
  const served = await fetch(`${platform.url}/openapi.json`);
  await writeFile(OPENAPI, `${JSON.stringify(await served.json(), null, 2)}\n`);
  console.log('openapi.json: the document is written.');
} finally {
  await platform.stop();
}
