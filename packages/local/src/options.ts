import { parseArgs } from 'node:util';
import { localSettings } from './env.ts';
import { Refusal } from './refusal.ts';

export interface Options {
  reset: boolean;
  help: boolean;
}

function describeSettings(): string {
  const { shape } = localSettings;
  const width = Math.max(...Object.keys(shape).map((name) => name.length));
  return Object.entries(shape)
    .map(([name, schema]) => {
      const fallback = schema.safeParse(undefined).data;
      const ending = fallback === undefined ? '' : ` [${fallback}]`;
      return `  ${name.padEnd(width)}  ${schema.meta()?.description ?? ''}${ending}`;
    })
    .join('\n');
}

export const usage = (): string => `Usage: npm start [-- --reset]

Starts Plinth on this machine: the gateway, every service and the embedded systems. Ctrl-C stops all of it.

  --reset  begin anew: deletes the data of an earlier run in PLINTH_HOME, then starts
  --help   this page

Settings, from the environment:
${describeSettings()}
`;

export function parseOptions(args: string[]): Options {
  try {
    const { values } = parseArgs({
      args,
      options: {
        reset: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    return values;
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new Refusal(`${problem}\n\n${usage()}`);
  }
}
