import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Refusal } from './refusal.mjs';

const NEEDED_NODE = 24;

const majorOf = (version) => Number.parseInt(version.replace(/^v/, ''), 10);

/** The path of a Node 24 or newer: the one running, or the one that npm installed for Linux. */
export function findNode(root) {
  if (majorOf(process.version) >= NEEDED_NODE) return process.execPath;
  const installed = join(root, 'node_modules', '.bin', 'node');
  const answer = spawnSync(installed, ['--version'], { encoding: 'utf8' });
  if (answer.status === 0 && majorOf(answer.stdout) >= NEEDED_NODE) return installed;
  throw new Refusal(
    `Plinth runs on Node ${NEEDED_NODE}. This is ${process.version}, and no ready-made one could be installed for ` +
      `${process.platform} ${process.arch}.\nInstall it from https://nodejs.org (or with \`nvm install ${NEEDED_NODE}\`), then run this again.`,
  );
}
