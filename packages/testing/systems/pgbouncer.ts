import { chmod, chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { installDebian } from './debian.ts';
import { serverAccount } from './postgres.ts';
import { freePort, inTemporaryFolder, type ServerProcess, startServer } from './server-process.ts';
import type { StartOptions } from './system.ts';

const program = '/usr/sbin/pgbouncer';

export interface PgbouncerServer extends ServerProcess {
  /** Of the first login; the others' differ in the login alone. */
  url: string;
}

export interface PgbouncerLogin {
  name: string;
  password: string;
}

/** Debian's pgbouncer on a free loopback port: it pools transactions before the server of that URL, for these logins. */
export async function startPgbouncer(
  target: string,
  logins: readonly [PgbouncerLogin, ...PgbouncerLogin[]],
  options: StartOptions,
): Promise<PgbouncerServer> {
  await installDebian({ pgbouncer: program }, options);
  const { hostname, port: targetPort, pathname } = new URL(target);
  const port = await freePort();
  const url = new URL(`postgres://127.0.0.1:${port}${pathname}`);
  url.username = logins[0].name;
  url.password = encodeURIComponent(logins[0].password);
  return inTemporaryFolder('pgbouncer', async (folder) => {
    const user = await serverAccount();
    const config = join(folder, 'pgbouncer.ini');
    const users = join(folder, 'users.txt');
    await writeFile(users, logins.map(({ name, password }) => `"${name}" "${password}"\n`).join(''));
    await writeFile(
      config,
      `[databases]
* = host=${hostname} port=${targetPort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = transaction
default_pool_size = 3
`,
    );
    for (const path of user ? [folder, config, users] : []) await chown(path, user?.uid ?? 0, user?.gid ?? 0);
    await chmod(folder, 0o700);
    const server = await startServer({
      name: 'pgbouncer',
      command: program,
      args: ['-q', config],
      cwd: folder,
      ...(user && { user }),
      ready: async () => {
        const client = new Client({ connectionString: url.href, connectionTimeoutMillis: 2_000 });
        client.on('error', () => undefined);
        await client.connect();
        await client.end();
      },
      readyWithinMs: 120_000,
      stopSignals: ['SIGINT', 'SIGTERM'],
      signal: options.signal,
    });
    return { ...server, url: url.href };
  });
}
