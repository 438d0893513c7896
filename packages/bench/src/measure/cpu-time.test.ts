import { expect, test } from 'vitest';
import { cpuMicrosIn, cpuMicrosOf } from './cpu-time.ts';

test('the four times are found behind any name', () => {
  const stat = '42 (a (odd) name) S 1 42 42 0 -1 4194560 100 200 0 0 7 5 3 1 20 0 11 0 999 12345 678';
  expect(cpuMicrosIn(stat)).toBe(160_000);
  expect(() => cpuMicrosIn('42 (cut off) S 1')).toThrow('/proc');
});

test.runIf(process.platform === 'linux')('work of this process is counted', () => {
  const before = cpuMicrosOf(process.pid);
  while (cpuMicrosOf(process.pid) === before);
  expect(cpuMicrosOf(process.pid)).toBeGreaterThan(before);
});
