import { expect, test } from 'vitest';
import type { Round, ScenarioRun } from '../run-scenario.ts';
import { reportOf } from './print.ts';

const round = (requestsPerSecond: number, cpu: number): Round => ({
  requests: requestsPerSecond * 5,
  requestsPerSecond,
  p50Ms: 1,
  p95Ms: 5,
  p99Ms: 10,
  processes: [{ name: 'server', cpu, memoryMib: 64 }],
});

const run: ScenarioRun = {
  scenario: {
    name: 'example',
    summary: 'one beside the other',
    ratios: [
      { of: 'ours', to: 'theirs', figure: 'cpu', goal: 1.5 },
      { of: 'ours', to: 'theirs', figure: 'throughput' },
      { of: 'theirs', to: 'ours', figure: 'cpu', goal: 1.5 },
      { of: 'ours', to: 'not here', figure: 'cpu', goal: 1 },
    ],
    growth: [{ of: 'ours', goal: 30 }],
    open: async () => [],
  },
  subjects: [
    { subject: 'ours', rounds: [round(100, 90), round(200, 100), round(900, 110)], grownMib: 40.2 },
    { subject: 'theirs', rounds: [round(400, 50), round(400, 50), round(400, 50)], grownMib: 0 },
  ],
  leftOut: ['not here: no network'],
  loadBefore: 0.5,
  loadAfter: 1.25,
};

test('a report tells medians, each goal met or not, what was left out, and the load', () => {
  expect(reportOf(run)).toBe(`example: one beside the other

subject  requests/s  p50 ms  p95 ms  p99 ms    ±  CPU µs per request  memory MiB
ours            200    1.00    5.00   10.00  20%  server 100          server 64
theirs          400    1.00    5.00   10.00   0%  server 50           server 64

ours / theirs  2.00×  (least round 1.80×)  CPU per request      goal 1.5 at most: NOT MET
ours / theirs  0.50×                       requests per second
theirs / ours  0.50×  (least round 0.56×)  CPU per request      goal 1.5 at most: met

ours  +40 MiB  memory, at most  goal 30 at most: NOT MET

left out: not here: no network
load average 0.50 before, 1.25 after`);
});

test('what is not counted in requests is told in its own unit, small costs by the tenth', () => {
  const database = { name: 'database', cpu: 7.5, memoryMib: 32 };
  const ours = round(1_000, 2.54);
  const report = reportOf({
    ...run,
    scenario: {
      ...run.scenario,
      unit: 'row',
      ratios: [
        { of: 'ours', to: 'theirs', figure: 'throughput' },
        { of: 'ours', to: 'theirs', figure: 'allCpu' },
      ],
      growth: [],
    },
    subjects: [
      { subject: 'ours', grownMib: 0, rounds: [{ ...ours, processes: [...ours.processes, database] }] },
      { subject: 'theirs', grownMib: 0, rounds: [ours] },
      { subject: 'unmeasured', grownMib: 0, rounds: [{ ...ours, processes: [] }] },
    ],
  });
  expect(report).toContain('rows/s');
  expect(report).toContain('CPU µs per row');
  expect(report).toContain('server 2.5, database 7.5');
  expect(report).toMatch(/unmeasured +1000 +1.00 +5.00 +10.00\n/);
  expect(report).toMatch(/ours \/ theirs {2}1.00× +rows per second/);
  expect(report).toContain('ours / theirs  3.95×  (least round 3.95×)  CPU per row of all its processes');
});
