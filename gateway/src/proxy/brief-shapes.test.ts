import { expect, test } from 'vitest';
import { createBriefShapes, shapeOf } from './brief-shapes.ts';

test.each([
  ['', '/rows/t'],
  ['?id=eq.5', '/rows/t?id=eq'],
  ['?id=eq.5.5&name=like.a.b&limit=10', '/rows/t?id=eq&name=like&limit=10'],
  ['?select=id,name&order=id.desc&limit=10', '/rows/t?select=id,name&order=id&limit=10'],
  ['?id=5&name=eq.x', '/rows/t?id=5&name=eq'],
  ['?&&', '/rows/t?&&'],
])('the shape of %s', (search, shape) => {
  expect(shapeOf('/rows/t', search)).toBe(shape);
});

test('it holds what was said last', () => {
  const shapes = createBriefShapes();
  expect(shapes.has('/a')).toBe(false);
  shapes.heard('/a', true);
  shapes.heard('/b', false);
  expect([shapes.has('/a'), shapes.has('/b')]).toEqual([true, false]);
  shapes.heard('/a', false);
  expect(shapes.has('/a')).toBe(false);
});

test('a URL of any length is not remembered', () => {
  const shapes = createBriefShapes();
  const long = shapeOf('/a', `?q=${'x'.repeat(2_000)}`);
  shapes.heard(long, true);
  expect(shapes.has(long)).toBe(false);
});
