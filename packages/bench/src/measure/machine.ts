import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';

export interface MachineFacts {
  cores: number;
  model: string;
  memoryMib: number;
  node: string;
  platform: string;
}

export const machineFacts = (): MachineFacts => ({
  cores: availableParallelism(),
  model: cpus()[0]?.model.trim() ?? 'unknown',
  memoryMib: Math.round(totalmem() / 1024 / 1024),
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
});

/** The load average of the last minute. */
export const loadNow = (): number => loadavg()[0] ?? 0;
