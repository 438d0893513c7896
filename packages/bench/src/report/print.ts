import type { ScenarioRun } from '../run-scenario.ts';
import { FIGURES } from '../scenario.ts';
import { figuresOf, type RatioFigure, ratiosOf, type SubjectFigures } from './figures.ts';
import { table } from './table.ts';

const HEAD = ['subject', 'requests/s', 'p50 ms', 'p99 ms', '±', 'CPU µs per request', 'memory MiB'];
const TEXT_COLUMNS = [0, 5, 6];

export function reportOf(run: ScenarioRun): string {
  const { scenario, leftOut, loadBefore, loadAfter } = run;
  const subjects = run.subjects.map(figuresOf);
  const ratios = ratiosOf(scenario, subjects).map(describeRatio);
  return [
    `${scenario.name}: ${scenario.summary}`,
    '',
    table([HEAD, ...subjects.map(rowOf)], TEXT_COLUMNS),
    '',
    ...(ratios.length > 0 ? [table(ratios, [0, 2, 3, 4]), ''] : []),
    ...leftOut.map((each) => `left out: ${each}`),
    `load average ${loadBefore.toFixed(2)} before, ${loadAfter.toFixed(2)} after`,
  ].join('\n');
}

function rowOf(figures: SubjectFigures): string[] {
  const { subject, requestsPerSecond, p50Ms, p99Ms, processes } = figures;
  return [
    subject,
    requestsPerSecond.toFixed(0),
    p50Ms.toFixed(2),
    p99Ms.toFixed(2),
    `${(figures.spread * 100).toFixed(0)}%`,
    processes.map(({ name, cpu }) => `${name} ${cpu.toFixed(0)}`).join(', '),
    processes.map(({ name, memoryMib }) => `${name} ${memoryMib.toFixed(0)}`).join(', '),
  ];
}

function describeRatio({ of, to, figure, value, ofLeast, goal, atLeast, met }: RatioFigure): string[] {
  const wanted = goal === undefined ? `${atLeast} at least` : `${goal} at most`;
  const verdict = met === undefined ? '' : `goal ${wanted}: ${met ? 'met' : 'NOT MET'}`;
  const least = ofLeast === undefined ? '' : `(least round ${ofLeast.toFixed(2)}×)`;
  return [`${of} / ${to}`, `${value.toFixed(2)}×`, least, FIGURES[figure], verdict];
}
