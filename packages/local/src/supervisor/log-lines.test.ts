import { expect, test } from 'vitest';
import { createPrefixer, paintFor, renderLine } from './log-lines.ts';

const plain = paintFor({ isTTY: false }, {});

test('a line of pino reads as level, message and fields', () => {
  const line = JSON.stringify({
    level: 30,
    time: 0,
    pid: 1,
    service: 'tenancy',
    msg: 'made',
    id: 'tnt_1',
    note: 'a b',
  });
  expect(renderLine(line, plain).lines).toEqual(['info made id=tnt_1 note="a b"']);
});

test('an error shows its stack below', () => {
  const line = JSON.stringify({
    level: 50,
    time: 0,
    msg: 'failed',
    err: { message: 'no', stack: 'Error: no\n  at x' },
  });
  expect(renderLine(line, plain).lines).toEqual(['error failed', 'Error: no', '  at x']);
});

test.each(['LOG:  ready', '{"not":"pino"}', '{broken', '[1]'])('%s stays as it is', (line) => {
  expect(renderLine(line, plain).lines).toEqual([line]);
});

test('Postgres says its own time no second time', () => {
  const line = '2026-11-21 10:59:51.862 UTC [27874] LOG:  listening';
  expect(renderLine(line, plain).lines).toEqual(['LOG:  listening']);
});

test('prefixes are as wide as the longest name and coloured on a terminal only', () => {
  const written: string[] = [];
  const prefixed = (paint: typeof plain) =>
    createPrefixer(['gateway', 'pg'], { write: (text) => written.push(text), paint });
  prefixed(plain)('pg', 'hello');
  prefixed(paintFor({ isTTY: true }, {}))('pg', 'hello');
  prefixed(paintFor({ isTTY: true }, { NO_COLOR: '1' }))('pg', 'hello');
  const [bare, coloured, unwanted] = written;
  expect(bare).toMatch(/^\d\d:\d\d:\d\d pg {6}\| hello\n$/);
  expect(coloured).toContain('\u001b[');
  expect(unwanted).not.toContain('\u001b[');
});
