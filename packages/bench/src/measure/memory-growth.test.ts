import { expect, test } from 'vitest';
import { mibIn, watchGrowth } from './memory-growth.ts';

test('what is held and what was held at most stand in lines of their own', () => {
  const status = 'Name:\tnode\nVmHWM:\t  204800 kB\nVmRSS:\t  102400 kB\n';
  expect(mibIn(status, 'VmRSS')).toBe(100);
  expect(mibIn(status, 'VmHWM')).toBe(200);
  expect(() => mibIn('Name:\tnode\n', 'VmRSS')).toThrow('VmRSS');
});

test.runIf(process.platform === 'linux')('memory that is gone again was held all the same', () => {
  const grown = watchGrowth(process.pid);
  const held = new ArrayBuffer(64 * 1_024 * 1_024);
  new Uint8Array(held).fill(1);
  held.transfer(0);
  expect(grown()).toBeGreaterThan(48);
});
