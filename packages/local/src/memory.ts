import { readFileSync } from 'node:fs';

// Counted by share (PSS), so that what Postgres' processes have in common is counted once. Only Linux tells.

const MIB = 1024;

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

export function childrenOf(pid: number): number[] {
  return read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
}

function kibOf(pid: number): number {
  const shared = /^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1];
  const resident = /^VmRSS:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1];
  return Number(shared ?? resident ?? 0);
}

/** MiB of a process and all that it has started, or undefined where the system does not say. */
export function memoryOf(pid: number): number | undefined {
  const sum = (each: number): number =>
    kibOf(each) + childrenOf(each).reduce((all, child) => all + sum(child), 0);
  const kib = sum(pid);
  return kib === 0 ? undefined : Math.round(kib / MIB);
}
