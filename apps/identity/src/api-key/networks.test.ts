import { expect, test } from 'vitest';
import { isNetwork, isWithin, networksBeyond } from './networks.ts';

test.each(['192.0.2.0/24', '192.0.2.7', '0.0.0.0/0', '2001:db8::/32', '::1', '::/0'])(
  '%s is a network',
  (text) => {
    expect(isNetwork(text)).toBe(true);
  },
);

test.each([
  '',
  '192.0.2.0/33',
  '2001:db8::/129',
  '192.0.2',
  '192.0.2.0/',
  '192.0.2.0/-1',
  'acme',
  '::1%lo',
  ' ::1',
])('%j is none', (text) => {
  expect(isNetwork(text)).toBe(false);
});

test.each([
  [['192.0.2.0/24'], '192.0.2.255', true],
  [['192.0.2.0/24'], '192.0.3.0', false],
  [['192.0.2.77/24'], '192.0.2.1', true],
  [['192.0.2.7'], '192.0.2.7', true],
  [['192.0.2.7'], '192.0.2.8', false],
  [['2001:db8::/32'], '2001:db8:ffff::1', true],
  [['2001:db8::/32'], '2001:db9::1', false],
  [['0.0.0.0/0'], '2001:db8::1', false],
  [['192.0.2.0/24', '2001:db8::/32'], '2001:db8::1', true],
  [['192.0.2.0/24'], '::ffff:192.0.2.1', true],
  [['0.0.0.0/0', '::/0'], 'unknown', false],
  [['0.0.0.0/0', '::/0'], undefined, false],
])('in %j, %s: %s', (networks, address, isIn) => {
  expect(isWithin(networks, address)).toBe(isIn);
});

test.each([
  [['192.0.2.0/25'], ['192.0.2.0/24'], []],
  [['192.0.2.0/23'], ['192.0.2.0/24'], ['192.0.2.0/23']],
  [['192.0.2.0/24', '198.51.100.1'], ['192.0.2.0/24'], ['198.51.100.1']],
  [['2001:db8::/48'], ['192.0.2.0/24', '2001:db8::/32'], []],
  [['2001:db8::/48'], ['0.0.0.0/0'], ['2001:db8::/48']],
])('of %j, %j holds all but %j', (wanted, held, rest) => {
  expect(networksBeyond(wanted, held)).toEqual(rest);
});
