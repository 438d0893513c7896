import { readFileSync, writeFileSync } from 'node:fs';

// How much more memory a process came to hold than it held at first, if only for a moment: the kernel remembers the most.

/** MiB of a line of /proc/<pid>/status. */
export function mibIn(status: string, name: 'VmRSS' | 'VmHWM'): number {
  const kib = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  if (kib === undefined) throw new Error(`${name} is not in this /proc/<pid>/status: ${status}`);
  return Number(kib) / 1_024;
}

const statusOf = (pid: number): string => readFileSync(`/proc/${pid}/status`, 'utf8');

/** From now on: answers the MiB by which it has grown at most. */
export function watchGrowth(pid: number): () => number {
  // Makes what it holds now the most that it has held.
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  const atFirst = mibIn(statusOf(pid), 'VmRSS');
  return () => Math.max(0, mibIn(statusOf(pid), 'VmHWM') - atFirst);
}
