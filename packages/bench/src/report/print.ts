import type { ScenarioRun } from '../run-scenario.ts';
import { FIGURES } from '../scenario.ts';
import {
  figuresOf,
  type GrowthFigure,
  growthOf,
  type RatioFigure,
  ratiosOf,
  type SubjectFigures,
} from './figures.ts';
import { table } from './table.ts';

const headOf = (unit: string) => [
  'subject',
  `${unit}s/s`,
  'p50 ms',
  'p95 ms',
  'p99 ms',
  '±',
  `CPU µs per ${unit}`,
  'memory MiB',
];
const TEXT_COLUMNS = [0, 6, 7];
/** Below that a tenth counts. */
const SMALL = 20;

export function reportOf(run: ScenarioRun): string {
  const { scenario, leftOut, loadBefore, loadAfter } = run;
  const subjects = run.subjects.map(figuresOf);
  const { unit = 'request' } = scenario;
  const ratios = ratiosOf(scenario, subjects).map((ratio) => describeRatio(ratio, unit));
  const growth = growthOf(scenario, subjects).map(describeGrowth);
  return [
    `${scenario.name}: ${scenario.summary}`,
    '',
    table([headOf(unit), ...subjects.map(rowOf)], TEXT_COLUMNS),
    '',
    ...(ratios.length > 0 ? [table(ratios, [0, 2, 3, 4]), ''] : []),
    ...(growth.length > 0 ? [table(growth, [0, 2, 3]), ''] : []),
    ...leftOut.map((each) => `left out: ${each}`),
    `load average ${loadBefore.toFixed(2)} before, ${loadAfter.toFixed(2)} after`,
  ].join('\n');
}

function rowOf(figures: SubjectFigures): string[] {
  const { subject, requestsPerSecond, p50Ms, p95Ms, p99Ms, processes } = figures;
  return [
    subject,
    requestsPerSecond.toFixed(0),
    p50Ms.toFixed(2),
    p95Ms.toFixed(2),
    p99Ms.toFixed(2),
    processes.length > 0 ? `${(figures.spread * 100).toFixed(0)}%` : '',
    processes.map(({ name, cpu }) => `${name} ${cpu.toFixed(cpu < SMALL ? 1 : 0)}`).join(', '),
    processes.map(({ name, memoryMib }) => `${name} ${memoryMib.toFixed(0)}`).join(', '),
  ];
}

function describeRatio(ratio: RatioFigure, unit: string): string[] {
  const { of, to, figure, value, ofLeast, goal, atLeast, met } = ratio;
  const wanted = goal === undefined ? `${atLeast} at least` : `${goal} at most`;
  const verdict = met === undefined ? '' : `goal ${wanted}: ${met ? 'met' : 'NOT MET'}`;
  const least = ofLeast === undefined ? '' : `(least round ${ofLeast.toFixed(2)}×)`;
  return [`${of} / ${to}`, `${value.toFixed(2)}×`, least, FIGURES[figure].replace('request', unit), verdict];
}

const describeGrowth = ({ of, value, goal, met }: GrowthFigure): string[] => [
  of,
  `+${value.toFixed(0)} MiB`,
  'memory, at most',
  `goal ${goal} at most: ${met ? 'met' : 'NOT MET'}`,
];
