import { parseArgs } from 'node:util';
import type { Scenario } from './scenario.ts';

export interface BenchOptions {
  scenarios: readonly Scenario[];
  rounds: number;
  seconds: number;
  connections: number;
  pinned: boolean;
  peers: boolean;
  json: string | undefined;
  profiles: string | undefined;
}

const OPTIONS = {
  only: { type: 'string' },
  rounds: { type: 'string', default: '5' },
  seconds: { type: 'string', default: '5' },
  connections: { type: 'string', default: '32' },
  peers: { type: 'boolean', default: false },
  pin: { type: 'boolean', default: false },
  json: { type: 'string' },
  profile: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

export const usageOf = (scenarios: readonly Scenario[]): string => `Usage: npm run bench [-- options]

Measures what a request costs, and what the same request costs elsewhere. Peers are installed when they are missing
(Debian's packages as root, PyPI, npm); one that cannot be installed is left out.

  --only <scenario,…>   only these
  --rounds <n>          how often each subject has its turn (5); figures are medians
  --seconds <n>         how long a turn is (5)
  --connections <n>     kept open by the load generator (32)
  --peers               also the peers that take long to install and to start: Parse Server
  --pin                 the load generator on one core, what is measured on another
  --json <file>         write all figures, of every round, to a file
  --profile <folder>    profile the Node processes into a folder and tell where their time goes; figures are worse for it

Scenarios:
${scenarios.map(({ name, summary }) => `  ${name}: ${summary}`).join('\n')}`;

/** Undefined when it was help that was asked for. */
export function parseOptions(args: string[], scenarios: readonly Scenario[]): BenchOptions | undefined {
  const { values } = parseArgs({ args, options: OPTIONS });
  if (values.help) return undefined;
  return {
    scenarios: values.only === undefined ? scenarios : chosen(values.only, scenarios),
    rounds: countOf('rounds', values.rounds),
    seconds: countOf('seconds', values.seconds),
    connections: countOf('connections', values.connections),
    pinned: values.pin,
    peers: values.peers,
    json: values.json,
    profiles: values.profile,
  };
}

function chosen(names: string, scenarios: readonly Scenario[]): Scenario[] {
  return names.split(',').map((name) => {
    const scenario = scenarios.find((each) => each.name === name.trim());
    if (scenario) return scenario;
    throw new Error(
      `No scenario is called ${name}; there are ${scenarios.map((each) => each.name).join(', ')}.`,
    );
  });
}

function countOf(name: string, text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  throw new Error(`--${name} is a whole number from 1, not ${text}.`);
}
