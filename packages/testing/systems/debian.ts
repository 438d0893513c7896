import { existsSync } from 'node:fs';
import { unlink, writeFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { run } from './command.ts';
import type { StartOptions } from './system.ts';

/**
 * Programs from Debian's packages. `programs` maps each package to a file that it brings: what is there is
 * left alone, so a machine that has everything needs neither root nor the network.
 */
export async function installDebian(programs: Record<string, string>, options: StartOptions): Promise<void> {
  const turn = lastInstall.catch(() => {}).then(() => installMissing(programs, options));
  lastInstall = turn;
  await turn;
}

export async function debianVersion(name: string): Promise<string> {
  const status = await run('dpkg-query', ['--status', name]).catch(() => '');
  return `Debian's ${name} ${status.match(/^Version: (.*)$/m)?.[1] ?? ''}`.trim();
}

// Systems start in parallel, and only one apt-get may run at a time.
let lastInstall: Promise<void> = Promise.resolve();
let listsAreFresh = false;

async function installMissing(
  programs: Record<string, string>,
  { log, signal }: StartOptions,
): Promise<void> {
  signal.throwIfAborted();
  const missing = Object.entries(programs).flatMap(([name, file]) => (existsSync(file) ? [] : [name]));
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0) throw new Error(`Install these Debian packages first: ${missing.join(' ')}`);
  if (!listsAreFresh) {
    log('apt-get update');
    await aptGet(['update']);
    listsAreFresh = true;
  }
  log(`apt-get install ${missing.join(' ')}`);
  await withoutServices(() => aptGet(['install', '-y', '--no-install-recommends', ...missing]));
}

/** Waits for a package manager that is busy: apt-get by itself for dpkg's lock, the tries for that of the lists. */
async function aptGet(args: string[], triesLeft = 6): Promise<void> {
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    await run('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3', ...args], {
      env,
    });
  } catch (error) {
    if (triesLeft === 0) throw error;
    await wait(10_000);
    await aptGet(args, triesLeft - 1);
  }
}

/** Only the programs are wanted: without this, installing a server also starts one on its usual port. */
async function withoutServices(install: () => Promise<void>): Promise<void> {
  const policy = '/usr/sbin/policy-rc.d';
  if (existsSync(policy)) return install();
  await writeFile(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await install();
  } finally {
    await unlink(policy);
  }
}
