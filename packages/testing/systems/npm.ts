import { run } from './command.ts';
import type { StartOptions } from './system.ts';

/** Puts one package from npm (`name@version`) into a folder, with what it depends on. None of them runs anything. */
export async function installFromNpm(
  requirement: string,
  folder: string,
  { log, signal }: StartOptions,
): Promise<void> {
  log(`npm install ${requirement}`);
  const quiet = ['--omit=dev', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
  const args = ['install', '--prefix', folder, '--ignore-scripts', ...quiet, requirement];
  await run('npm', args, { cwd: folder, signal });
}
