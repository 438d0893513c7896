import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

export function cacheFolder(env: NodeJS.ProcessEnv): string {
  return env.PLINTH_CACHE || join(homedir(), '.cache', 'plinth');
}

/**
 * The folder `path`, made by `fill` when it is not there yet. It is filled under another name and renamed
 * when done, so a download that broke off is never taken for a whole one.
 */
export async function cached(path: string, fill: (folder: string) => Promise<void>): Promise<string> {
  if (existsSync(path)) return path;
  await mkdir(dirname(path), { recursive: true });
  const unfinished = await mkdtemp(`${path}.unfinished-`);
  try {
    await fill(unfinished);
    await rename(unfinished, path).catch((error: unknown) => {
      // Another run finished the same folder first.
      if (!existsSync(path)) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return path;
}
