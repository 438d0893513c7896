import { expect, test } from 'vitest';
import type { Round, ScenarioRun } from '../run-scenario.ts';
import { reportOf } from './print.ts';

const round = (requestsPerSecond: number, cpu: number): Round => ({
  requests: requestsPerSecond * 5,
  requestsPerSecond,
  p50Ms: 1,
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
    open: async () => [],
  },
  subjects: [
    { subject: 'ours', rounds: [round(100, 90), round(200, 100), round(900, 110)] },
    { subject: 'theirs', rounds: [round(400, 50), round(400, 50), round(400, 50)] },
  ],
  leftOut: ['not here: no network'],
  loadBefore: 0.5,
  loadAfter: 1.25,
};

test('a report tells medians, each goal met or not, what was left out, and the load', () => {
  expect(reportOf(run)).toBe(`example: one beside the other

subject  requests/s  p50 ms  p99 ms    ±  CPU µs per request  memory MiB
ours            200    1.00   10.00  20%  server 100          server 64
theirs          400    1.00   10.00   0%  server 50           server 64

ours / theirs  2.00×  (least round 1.80×)  CPU per request      goal 1.5 at most: NOT MET
ours / theirs  0.50×                       requests per second
theirs / ours  0.50×  (least round 0.56×)  CPU per request      goal 1.5 at most: met

left out: not here: no network
load average 0.50 before, 1.25 after`);
});
