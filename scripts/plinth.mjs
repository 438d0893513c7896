// What `npm start`, `npm test` and `npm run bench` run. It works on Node 20 with nothing installed: it installs what is missing, finds a Node 24
// and hands over to it. The parts are loaded late, so that a Node too old to read them has been told so.

import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Refusal } from './refusal.mjs';

const OLDEST_NODE = 20;

const USAGE = {
  start: `Usage: npm start [-- --reset]

Starts Plinth on this machine: the gateway, every service and the embedded systems.
Installs what is missing first; once it is installed, this page lists the settings as well.`,
  verify: `Usage: npm test

Checks format, lint and types, and runs every test. Installs what is missing first.`,
  bench: `Usage: npm run bench [-- options]

Measures what a request costs, beside what the same request costs elsewhere.
Installs what is missing first; once it is installed, this page lists the options as well.`,
};

async function main([command, ...options]) {
  if (!(command in USAGE))
    throw new Refusal(`Usage: node scripts/plinth.mjs ${Object.keys(USAGE).join('|')}`);
  if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
    throw new Refusal(
      `Plinth needs Node ${OLDEST_NODE} or newer, and this is ${process.version}.\n` +
        'Install a current one from https://nodejs.org (or with `nvm install 24`), then run this again.',
    );
  }
  const asksForHelp = options.includes('--help') || options.includes('-h');
  if (command === 'verify' && asksForHelp) return console.log(USAGE.verify);
  if (command === 'verify' && options.length > 0) {
    throw new Refusal(`Unknown option: ${options[0]}\n\n${USAGE.verify}`);
  }

  const root = fileURLToPath(new URL('..', import.meta.url));
  const { installMissing, isInstalled } = await import('./install.mjs');
  const { findNode } = await import('./find-node.mjs');
  const { handOver } = await import('./hand-over.mjs');

  if (asksForHelp && !isInstalled(root)) return console.log(USAGE[command]);
  await installMissing(root);

  const node = findNode(root);
  const path = [join(root, 'node_modules', '.bin'), process.env.PATH].filter(Boolean).join(delimiter);
  if (command === 'start') {
    const entry = join(root, 'packages', 'local', 'src', 'main.ts');
    // Compiled code kept between starts: each process is up sooner and some 18 MiB smaller.
    const cache = join(root, 'node_modules', '.cache', 'plinth');
    const env = { NODE_COMPILE_CACHE: cache, ...process.env, PATH: path };
    return handOver(node, [entry, ...options], { env, ipc: true });
  }
  if (command === 'bench') {
    const entry = join(root, 'packages', 'bench', 'src', 'main.ts');
    return handOver(node, [entry, ...options], { env: { ...process.env, PATH: path } });
  }
  const { verify } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts;
  return handOver('/bin/sh', ['-c', verify], {
    cwd: root,
    env: { ...process.env, PATH: path, TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1' },
  });
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error instanceof Refusal ? error.message : error);
  process.exitCode = 1;
});
