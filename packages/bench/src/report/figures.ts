import { median, spread } from '../measure/statistics.ts';
import type { ProcessUse, Round, ScenarioRun, SubjectRounds } from '../run-scenario.ts';
import type { Figure, Ratio } from '../scenario.ts';

// From rounds to medians, and from medians to ratios.

export interface SubjectFigures {
  subject: string;
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  processes: ProcessUse[];
  /** Of the first process' CPU over the rounds: how much one may read into a difference. */
  spread: number;
  /** The first process' CPU in the round that was disturbed least: others' work only ever adds to it. */
  leastCpu: number;
}

export interface RatioFigure extends Ratio {
  value: number;
  /** The same of the least of all rounds, where that means something. */
  ofLeast: number | undefined;
  met: boolean | undefined;
}

export function figuresOf({ subject, rounds }: SubjectRounds): SubjectFigures {
  const over = (pick: (round: Round) => number) => median(rounds.map(pick));
  const use = (round: Round, i: number): ProcessUse =>
    round.processes[i] ?? { name: '', cpu: 0, memoryMib: 0 };
  const processes = rounds[0]?.processes ?? [];
  return {
    subject,
    requestsPerSecond: over((round) => round.requestsPerSecond),
    p50Ms: over((round) => round.p50Ms),
    p99Ms: over((round) => round.p99Ms),
    processes: processes.map(({ name }, i) => ({
      name,
      cpu: over((round) => use(round, i).cpu),
      memoryMib: over((round) => use(round, i).memoryMib),
    })),
    spread: spread(rounds.map((round) => use(round, 0).cpu)),
    leastCpu: Math.min(...rounds.map((round) => use(round, 0).cpu)),
  };
}

const figureIn = (figures: SubjectFigures, figure: Figure): number => {
  if (figure === 'throughput') return figures.requestsPerSecond;
  return figure === 'p99' ? figures.p99Ms : (figures.processes[0]?.cpu ?? 0);
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
    const value = figureIn(of, ratio.figure) / figureIn(to, ratio.figure);
    const ofLeast = ratio.figure === 'cpu' ? of.leastCpu / to.leastCpu : undefined;
    return [{ ...ratio, value, ofLeast, met: isMet(ratio, value) }];
  });
}
