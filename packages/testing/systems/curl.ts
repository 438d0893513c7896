import { installDebian } from './debian.ts';
import type { StartOptions } from './system.ts';

const program = '/usr/bin/curl';

/** Resolves to its program. */
export async function installCurl(options: StartOptions): Promise<string> {
  await installDebian({ curl: program }, options);
  return program;
}
