import { join } from 'node:path';
import { cached } from './cache.ts';
import { installFromNpm } from './npm.ts';
import type { StartOptions } from './system.ts';

const version = '9.10.0';

export const PARSE_SERVER = `Parse Server ${version}`;

/** Resolves to its program, which Node runs. */
export async function installParseServer(options: StartOptions): Promise<string> {
  const folder = await cached(join(options.cache, `parse-server-${version}`), (unfinished) =>
    installFromNpm(`parse-server@${version}`, unfinished, options),
  );
  return join(folder, 'node_modules/parse-server/bin/parse-server');
}
