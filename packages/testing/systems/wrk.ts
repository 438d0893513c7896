import { debianVersion, installDebian } from './debian.ts';
import type { StartOptions } from './system.ts';

const program = '/usr/bin/wrk';

/** The load generator. Resolves to its program. */
export async function installWrk(options: StartOptions): Promise<{ program: string; origin: string }> {
  await installDebian({ wrk: program }, options);
  return { program, origin: await debianVersion('wrk') };
}
