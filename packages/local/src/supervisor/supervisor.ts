import { type Child, type ChildOptions, createChild, type ProcessSpec } from './child.ts';

// Starts processes in the order of what they need and stops them in reverse, as much at once as that order allows.

export interface Supervisor {
  children: readonly Child[];
  /** Resolves when every process is ready; rejects with the first StartFailure. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** What each later layer of the stop is left with when an earlier one dawdles. */
const LAYER_MS = 1_500;
const LEAST_GRACE_MS = 500;

export interface SupervisorOptions extends ChildOptions {
  /** How long the whole stop may take; what still runs then is killed. */
  stopMs: number;
}

export function createSupervisor(specs: readonly ProcessSpec[], options: SupervisorOptions): Supervisor {
  const children = new Map(specs.map((spec) => [spec.name, createChild(spec, options)]));
  const needs = new Map(specs.map((spec) => [spec.name, spec.after]));
  const needOf = (name: string): readonly string[] => needs.get(name) ?? [];
  const needing = (name: string): string[] =>
    specs.flatMap((spec) => (spec.after.includes(name) ? spec.name : []));

  for (const spec of specs) {
    for (const other of spec.after) {
      if (!children.has(other)) throw new Error(`${spec.name} waits for ${other}, which is not in the list`);
    }
  }

  const layersBelow = (name: string): number =>
    Math.max(0, ...needOf(name).map((other) => 1 + layersBelow(other)));

  return {
    children: [...children.values()],
    async start() {
      const start = once(async (name) => {
        await Promise.all(needOf(name).map(start));
        await children.get(name)?.start();
      });
      await Promise.all(specs.map((spec) => start(spec.name)));
    },
    async stop() {
      const deadline = Date.now() + options.stopMs;
      const stop = once(async (name) => {
        await Promise.all(needing(name).map(stop));
        const left = deadline - Date.now() - layersBelow(name) * LAYER_MS;
        await children.get(name)?.stop(Math.max(left, LEAST_GRACE_MS));
      });
      await Promise.all(specs.map((spec) => stop(spec.name)));
    },
  };
}

/** Does the work for a name at most once, however often it is asked. */
function once(work: (name: string) => Promise<void>): (name: string) => Promise<void> {
  const begun = new Map<string, Promise<void>>();
  return (name) => {
    const known = begun.get(name) ?? work(name);
    begun.set(name, known);
    return known;
  };
}
