import { join } from 'node:path';
import { freePort, type ServerProcess, startServer } from '@plinth/testing/systems/server-process';
import type { Stage } from '../scenario.ts';

// A program of ours in a process of its own, as it runs for its users: its log in a file, and no one reading along.

export interface NodeServer extends ServerProcess {
  url: string;
}

export interface NodeServerOptions {
  /** What its profile and its log are called. */
  name: string;
  entry: string;
  args?: (port: number) => string[];
  settings?: (port: number) => Record<string, string>;
  /** Answers with 200 as soon as it is up. */
  path: string;
  headers?: Record<string, string>;
}

export async function startNode(stage: Stage, options: NodeServerOptions): Promise<NodeServer> {
  const { name, entry, args, settings, path, headers = {} } = options;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = await startServer({
    name,
    command: process.execPath,
    args: [entry, ...(args?.(port) ?? [])],
    env: { ...profiling(stage, name), ...settings?.(port) },
    outputFile: join(stage.folder, `${name}.out`),
    async ready() {
      const { status } = await fetch(`${url}${path}`, { headers, signal: AbortSignal.timeout(2_000) });
      if (status !== 200) throw new Error(`it answers ${status}`);
    },
    readyWithinMs: 30_000,
    stopSignals: ['SIGTERM'],
    signal: stage.signal,
  });
  return stage.keep({ ...server, url });
}

/** A Node process writes its profile when it ends. */
export function profiling({ profiles }: Stage, name: string): Record<string, string> {
  if (profiles === undefined) return {};
  return { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profiles} --cpu-prof-name=${name}.cpuprofile` };
}
