import type { StartOptions } from '@plinth/testing/systems/system';
import type { TransactionLoad } from './load/pgbench.ts';
import type { TransferLoad } from './load/transfer.ts';
import type { LoadRequest } from './load/wrk.ts';

// A scenario is a set of subjects that answer the same request, run in turns; a subject is whatever answers it.

export interface Subject {
  name: string;
  /** Whose CPU and memory are told, with those of their children. Ratios are about the first. */
  processes: readonly MeasuredProcess[];
  /** Asked before each round: a token may have ended. */
  request(): Load | Promise<Load>;
}

export type Load = LoadRequest | TransactionLoad | TransferLoad;

export interface MeasuredProcess {
  name: string;
  pid: number;
}

export const FIGURES = {
  cpu: 'CPU per request',
  allCpu: 'CPU per request of all its processes',
  throughput: 'requests per second',
  p95: 'p95',
  p99: 'p99',
} as const;
export type Figure = keyof typeof FIGURES;

/** How many times what `to` has `of` may have: `goal` at most, or is to have: `atLeast`; or only told. */
export interface Ratio {
  of: string;
  to: string;
  figure: Figure;
  goal?: number;
  atLeast?: number;
}

/** By how many MiB the first process of a subject may come to hold more than it held before its first request. */
export interface Growth {
  of: string;
  goal: number;
}

export interface Scenario {
  name: string;
  summary: string;
  /** What is counted, where it is not requests. */
  unit?: string;
  ratios: readonly Ratio[];
  growth?: readonly Growth[];
  /** Starts everything; what it started is kept by the stage, which also stops it when this fails half way. */
  open(stage: Stage): Promise<Subject[]>;
}

export interface Stoppable {
  stop(): Promise<void>;
}

/** Where the subjects of one scenario stand. */
export interface Stage extends StartOptions {
  /** A folder for this scenario alone. */
  folder: string;
  /** Stopped when the scenario ends, the latest first. */
  keep<Started extends Stoppable>(started: Started): Started;
  /** What cannot be installed here is left out, and the report says so. */
  installed<Program>(name: string, install: () => Promise<Program>): Promise<Program | undefined>;
  /** Runs beside the load generator, so that what is measured has its core to itself. */
  aside(pid: number): Promise<void>;
  /** Whether the peers that take long to install and to start are wanted as well. */
  peers: boolean;
  /** Where the profiles of Node processes go, when they are wanted. */
  profiles: string | undefined;
}
