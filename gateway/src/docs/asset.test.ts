import { expect, it } from 'vitest';
import { encodingFor } from './asset.ts';

it.each([
  ['gzip, deflate, br, zstd', 'br'],
  ['gzip;q=1.0, br;q=0.5', 'br'],
  ['GZIP', 'gzip'],
  ['br;q=0, gzip', 'gzip'],
  ['br; q=0.00', undefined],
  ['br;q=0.001', 'br'],
  ['identity', undefined],
  ['', undefined],
  [undefined, undefined],
])('for %s sends %s', (acceptEncoding, encoding) => {
  expect(encodingFor(acceptEncoding)).toBe(encoding);
});
