import { readFileSync } from 'node:fs';
import { childrenOf } from '@plinth/local';

// The CPU time of a process and its children, from /proc: all their threads, and those that have ended.

/** The kernel tells times in these, whatever its own clock does. */
const TICK_MICROS = 10_000;

/** utime, stime, cutime and cstime. The name before them may hold anything, also a bracket. */
export function cpuMicrosIn(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).map(Number);
  if (ticks.length < 4 || ticks.some(Number.isNaN)) throw new Error(`this is no /proc/<pid>/stat: ${stat}`);
  return ticks.reduce((sum, each) => sum + each) * TICK_MICROS;
}

const isGone = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH');

export function cpuMicrosOf(pid: number): number {
  const own = cpuMicrosIn(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  try {
    return childrenOf(pid).reduce((sum, child) => sum + cpuMicrosOf(child), own);
  } catch (error) {
    // A child ended meanwhile: its time is its parent's by now.
    if (isGone(error)) return cpuMicrosOf(pid);
    throw error;
  }
}
