import { expect, test } from 'vitest';
import { parseOptions, usageOf } from './options.ts';
import type { Scenario } from './scenario.ts';

const scenario = (name: string): Scenario => ({
  name,
  summary: `about ${name}`,
  ratios: [],
  open: async () => [],
});
const [one, two] = [scenario('one'), scenario('two')];

test('everything runs, unless something is named', () => {
  expect(parseOptions([], [one, two])).toMatchObject({
    scenarios: [one, two],
    rounds: 5,
    pinned: false,
    peers: false,
  });
  const args = ['--only', 'two', '--rounds', '3', '--pin', '--peers', '--json', 'out.json'];
  expect(parseOptions(args, [one, two])).toMatchObject({
    scenarios: [two],
    rounds: 3,
    pinned: true,
    peers: true,
    json: 'out.json',
  });
});

test('what is not there is refused by name', () => {
  expect(() => parseOptions(['--only', 'three'], [one, two])).toThrow('there are one, two');
  expect(() => parseOptions(['--rounds', '0'], [one, two])).toThrow('--rounds');
  expect(() => parseOptions(['--fast'], [one, two])).toThrow('--fast');
});

test('help tells of every scenario', () => {
  expect(parseOptions(['--help'], [one, two])).toBeUndefined();
  expect(usageOf([one, two])).toContain('two: about two');
});
