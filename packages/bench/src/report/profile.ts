import { z } from 'zod';
import { table } from './table.ts';

// Where a Node process spent its time, from the profile that V8 writes: self time by package, and by function.

const profileSchema = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({ functionName: z.string(), url: z.string(), lineNumber: z.number() }),
    }),
  ),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});

type Profile = z.output<typeof profileSchema>;
type CallFrame = Profile['nodes'][number]['callFrame'];

const PACKAGES_SHOWN = 12;
const FUNCTIONS_SHOWN = 25;

/** `undici` for what is installed, `gateway` or `packages/service` for what is ours, `node:internal` for Node's own. */
export function ownerOf({ functionName, url }: CallFrame): string {
  if (url === '') return functionName.startsWith('(') ? functionName : '(native)';
  if (url.startsWith('node:')) return url.split('/', 1)[0] ?? url;
  const installed = url.split('/node_modules/').at(-1);
  if (installed !== undefined && installed !== url) {
    return installed
      .split('/')
      .slice(0, installed.startsWith('@') ? 2 : 1)
      .join('/');
  }
  return /(?:gateway|(?:apps|packages)\/[^/]+)(?=\/src\/)/.exec(url)?.[0] ?? url;
}

function placeOf(frame: CallFrame): string {
  const file = frame.url === '' ? '' : ` ${frame.url.split('/').slice(-2).join('/')}:${frame.lineNumber + 1}`;
  return `${frame.functionName || '(anonymous)'}${file}`;
}

/** Without the time in which there was nothing to do. */
export function selfTimes(profile: Profile): { frame: CallFrame; share: number }[] {
  const byNode = new Map<number, number>();
  for (const [i, id] of profile.samples.entries()) {
    byNode.set(id, (byNode.get(id) ?? 0) + (profile.timeDeltas[i] ?? 0));
  }
  const busy = profile.nodes.filter(({ callFrame }) => callFrame.functionName !== '(idle)');
  const total = busy.reduce((sum, { id }) => sum + (byNode.get(id) ?? 0), 0);
  return busy.map(({ id, callFrame }) => ({ frame: callFrame, share: (byNode.get(id) ?? 0) / total }));
}

function sumBy(times: ReturnType<typeof selfTimes>, keyOf: (frame: CallFrame) => string): [string, number][] {
  const sums = new Map<string, number>();
  for (const { frame, share } of times) sums.set(keyOf(frame), (sums.get(keyOf(frame)) ?? 0) + share);
  return [...sums].sort(([, a], [, b]) => b - a);
}

export function profileReport(name: string, text: string): string {
  const times = selfTimes(profileSchema.parse(JSON.parse(text)));
  const rows = (sums: [string, number][]) =>
    table(
      sums.map(([key, share]) => [`${(share * 100).toFixed(1)}%`, key]),
      [1],
    );
  return [
    `${name}, self time by package:`,
    rows(sumBy(times, ownerOf).slice(0, PACKAGES_SHOWN)),
    `${name}, self time by function:`,
    rows(sumBy(times, (frame) => `${ownerOf(frame)}  ${placeOf(frame)}`).slice(0, FUNCTIONS_SHOWN)),
    '',
  ].join('\n');
}
