import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { debianVersion, installDebian } from './debian.ts';
import { freePort, inTemporaryFolder, type ServerProcess, startServer } from './server-process.ts';
import type { StartOptions } from './system.ts';

const program = '/usr/sbin/nginx';

/** Resolves to where it came from. */
export async function installNginx(options: StartOptions): Promise<string> {
  await installDebian({ 'nginx-light': program }, options);
  return debianVersion('nginx-light');
}

export interface NginxServer extends ServerProcess {
  url: string;
}

/** One worker on a free loopback port that serves `http`, the content of the `http` block. */
export async function startNginx(
  http: (place: { port: number; folder: string }) => string,
  options: StartOptions,
): Promise<NginxServer> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  return inTemporaryFolder('nginx', async (folder) => {
    const file = join(folder, 'nginx.conf');
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (kind) => `${kind}_temp_path ${folder}/${kind};`,
    );
    await writeFile(
      file,
      `daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr warn;
events { worker_connections 1024; }
http { ${temporary.join(' ')}
${http({ port, folder })}
}
`,
    );
    const server = await startServer({
      name: 'nginx',
      command: program,
      args: ['-p', folder, '-c', file],
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
