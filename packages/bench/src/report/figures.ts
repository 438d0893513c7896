import { median, spread } from '../measure/statistics.ts';
import type { ProcessUse, Round, ScenarioRun, SubjectRounds } from '../run-scenario.ts';
import type { Figure, Growth, Ratio } from '../scenario.ts';

// From rounds to medians, and from medians to ratios.

export interface SubjectFigures {
  subject: string;
  requestsPerSecond: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  processes: ProcessUse[];
  /** Of the first process' CPU over the rounds: how much one may read into a difference. */
  spread: number;
  /** CPU in the round that was disturbed least, for others' work only ever adds to it: the first process' and that of all. */
  least: { cpu: number; allCpu: number };
  grownMib: number;
}

export interface RatioFigure extends Ratio {
  value: number;
  /** The same of the least of all rounds, where that means something. */
  ofLeast: number | undefined;
  met: boolean | undefined;
}

export interface GrowthFigure extends Growth {
  value: number;
  met: boolean;
}

const allCpuOf = (processes: readonly ProcessUse[]): number =>
  processes.reduce((sum, { cpu }) => sum + cpu, 0);

export function figuresOf({ subject, rounds, grownMib }: SubjectRounds): SubjectFigures {
  const over = (pick: (round: Round) => number) => median(rounds.map(pick));
  const use = (round: Round, i: number): ProcessUse =>
    round.processes[i] ?? { name: '', cpu: 0, memoryMib: 0 };
  const processes = rounds[0]?.processes ?? [];
  return {
    subject,
    requestsPerSecond: over((round) => round.requestsPerSecond),
    p50Ms: over((round) => round.p50Ms),
    p95Ms: over((round) => round.p95Ms),
    p99Ms: over((round) => round.p99Ms),
    processes: processes.map(({ name }, i) => ({
      name,
      cpu: over((round) => use(round, i).cpu),
      memoryMib: over((round) => use(round, i).memoryMib),
    })),
    spread: spread(rounds.map((round) => use(round, 0).cpu)),
    least: {
      cpu: Math.min(...rounds.map((round) => use(round, 0).cpu)),
      allCpu: Math.min(...rounds.map((round) => allCpuOf(round.processes))),
    },
    grownMib,
  };
}

const FIGURE_IN: Record<Figure, (figures: SubjectFigures) => number> = {
  cpu: ({ processes }) => processes[0]?.cpu ?? 0,
  allCpu: ({ processes }) => allCpuOf(processes),
  throughput: ({ requestsPerSecond }) => requestsPerSecond,
  p95: ({ p95Ms }) => p95Ms,
  p99: ({ p99Ms }) => p99Ms,
};

function isMet({ goal, atLeast }: Ratio, value: number): boolean | undefined {
  if (goal !== undefined) return value <= goal;
  return atLeast === undefined ? undefined : value >= atLeast;
}

/** Without those of which a side was left out. */
export function ratiosOf({ ratios }: ScenarioRun['scenario'], subjects: SubjectFigures[]): RatioFigure[] {
  return ratios.flatMap((ratio) => {
    const [of, to] = [ratio.of, ratio.to].map((name) => subjects.find(({ subject }) => subject === name));
    if (!of || !to) return [];
    const { figure } = ratio;
    const value = FIGURE_IN[figure](of) / FIGURE_IN[figure](to);
    const ofLeast = figure === 'cpu' || figure === 'allCpu' ? of.least[figure] / to.least[figure] : undefined;
    return [{ ...ratio, value, ofLeast, met: isMet(ratio, value) }];
  });
}

export function growthOf(
  { growth = [] }: ScenarioRun['scenario'],
  subjects: SubjectFigures[],
): GrowthFigure[] {
  return growth.flatMap(({ of, goal }) => {
    const grown = subjects.find(({ subject }) => subject === of);
    return grown ? [{ of, goal, value: grown.grownMib, met: grown.grownMib <= goal }] : [];
  });
}
