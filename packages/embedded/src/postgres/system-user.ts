import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

// Postgres refuses to run as root, so root hands its processes and files to the user `postgres`, made if missing.

const run = promisify(execFile);
const NAME = 'postgres';

export interface SystemUser {
  uid: number;
  gid: number;
}

async function lookUp(): Promise<SystemUser> {
  const [uid, gid] = await Promise.all([run('id', ['-u', NAME]), run('id', ['-g', NAME])]);
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

/** Whom to run Postgres as; undefined for an ordinary user, who runs it as himself. */
export async function findSystemUser(): Promise<SystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  try {
    return await lookUp();
  } catch {
    await run('useradd', ['--system', '--user-group', '--no-create-home', NAME]);
    return lookUp();
  }
}

/** Root's folders are often closed to others, and the system says no more than "permission denied". */
export function explainFailure(failure: string, user: SystemUser | undefined): string {
  const isDenied = user !== undefined && /EACCES|permission denied/i.test(failure);
  return isDenied
    ? `${failure}\nRoot runs Postgres as the user "${NAME}", who must be able to enter the data directory and node_modules, and every folder above them`
    : failure;
}
