import { expect, test } from 'vitest';
import { createTrustedProxies, plainAddress } from './trusted-proxies.ts';

const proxies = createTrustedProxies(['10.0.0.0/8', '192.0.2.7', 'fd00::/8']);

test.each([
  ['a stranger is believed nothing', '203.0.113.9', '198.51.100.1', '203.0.113.9'],
  ['a trusted peer names its caller', '10.1.2.3', '198.51.100.1', '198.51.100.1'],
  [
    'what the caller itself claims is skipped',
    '10.1.2.3',
    '1.1.1.1, 198.51.100.1, 192.0.2.7',
    '198.51.100.1',
  ],
  ['IPv6', 'fd00::1', '2001:db8::5', '2001:db8::5'],
  ['rubbish names nobody', '10.1.2.3', 'unknown', '10.1.2.3'],
  ['only proxies in the chain', '10.1.2.3', '10.9.9.9', '10.1.2.3'],
])('%s', (_, peer, forwardedFor, client) => {
  expect(proxies.clientOf(peer, forwardedFor)).toBe(client);
});

test('an IPv4 peer of a dual-stack socket is its plain address', () => {
  expect(plainAddress('::ffff:10.1.2.3')).toBe('10.1.2.3');
});

test('a list with a typing error is refused at the start', () => {
  expect(() => createTrustedProxies(['10.0.0.0/99'])).toThrow();
  expect(() => createTrustedProxies(['proxy.example.com'])).toThrow();
});
