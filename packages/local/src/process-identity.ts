import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { platform } from 'node:os';

// A pid alone does not name a process: after a crash, and in every new container, the number soon belongs to another. With the time
// it was started at, it does.

/** Undefined when no such process runs; one that has ended and is not yet reaped does not run. */
export function identityOf(pid: number): string | undefined {
  try {
    if (platform() !== 'linux') {
      const [state, ...started] = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], {
        encoding: 'utf8',
      })
        .trim()
        .split(/\s+/);
      return state === undefined || state.startsWith('Z') ? undefined : `${pid} ${started.join(' ')}`;
    }
    // The second field is the program's name in parentheses, and may hold anything.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : `${pid} ${fields[19]}`;
  } catch {
    return undefined;
  }
}

export interface ProcessMark {
  pid: number;
  identity: string;
}

export function markOf(pid: number): ProcessMark | undefined {
  const identity = identityOf(pid);
  return identity === undefined ? undefined : { pid, identity };
}

export const isRunning = ({ pid, identity }: ProcessMark): boolean => identityOf(pid) === identity;
