// Installs the locked packages when they are not there or belong to another lock file. npm is kept quiet, because the Node that
// runs it may be older than what the packages ask for; its own words are shown when it fails.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Refusal } from './refusal.mjs';

const PROGRESS_EVERY_MS = 5_000;

const stampFile = (root) => join(root, 'node_modules', '.plinth-lock');

const lockDigest = (root) =>
  createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');

export function isInstalled(root) {
  try {
    return readFileSync(stampFile(root), 'utf8').trim() === lockDigest(root);
  } catch {
    return false;
  }
}

export async function installMissing(root) {
  if (isInstalled(root)) return;
  const digest = lockDigest(root);
  const began = Date.now();
  const seconds = () => Math.round((Date.now() - began) / 1000);

  console.error('Plinth: installing packages; the first time takes a minute or two.');
  const ticker = setInterval(
    () => console.error(`Plinth: installing, ${seconds()} s so far`),
    PROGRESS_EVERY_MS,
  );
  const { code, output } = await npmCi(root).finally(() => clearInterval(ticker));
  if (code !== 0) {
    throw new Refusal(
      `${output.trim()}\n\nPlinth: \`npm ci\` failed after ${seconds()} s; what npm said is above.\n` +
        'Put that right (network, disk, registry) and run the same command again.',
    );
  }
  linkNode(root);
  writeFileSync(stampFile(root), `${digest}\n`);
  console.error(`Plinth: installed in ${seconds()} s`);
}

/**
 * The Node of the scripts. The packages of all platforms bring a `node`, and npm 10, which comes with Node 20, takes the link
 * away again together with those that do not fit.
 */
function linkNode(root) {
  const link = join(root, 'node_modules', '.bin', 'node');
  const target = join('..', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  const program = join(link, '..', target);
  if (existsSync(link) || !existsSync(program)) return;
  chmodSync(program, 0o755);
  symlinkSync(target, link);
}

function npmCi(root) {
  // The npm that runs this script is the one to install with: PATH may hold another.
  const running = process.env.npm_execpath;
  const [command, first] = running?.endsWith('.js') ? [process.execPath, [running]] : ['npm', []];
  const options = ['ci', '--include=dev', '--include=optional', '--loglevel=error', '--progress=false'];
  return new Promise((resolve) => {
    const child = spawn(command, [...first, ...options], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    // Ended ourselves, we take npm along and wait for its end.
    const stop = () => child.kill();
    process.once('SIGTERM', stop);
    process.once('SIGHUP', stop);
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.on('error', (error) => resolve({ code: 1, output: `npm cannot be run: ${error.message}` }));
    child.on('close', (code, signal) => {
      process.off('SIGTERM', stop);
      process.off('SIGHUP', stop);
      const ending = signal ? `\nnpm was ended by ${signal}` : '';
      resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString() + ending });
    });
  });
}
