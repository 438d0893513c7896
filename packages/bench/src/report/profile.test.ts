import { expect, test } from 'vitest';
import { ownerOf, profileReport } from './profile.ts';

const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 9 });

test('time belongs to a package, installed or ours, to Node, or to the machine', () => {
  expect(ownerOf(frame('parse', 'file:///x/node_modules/zod/v4/core.js'))).toBe('zod');
  expect(ownerOf(frame('call', 'file:///x/node_modules/@trpc/server/dist/a.mjs'))).toBe('@trpc/server');
  expect(ownerOf(frame('get', 'file:///x/node_modules/a/node_modules/b/index.js'))).toBe('b');
  expect(ownerOf(frame('admit', 'file:///x/gateway/src/limit/gcra.ts'))).toBe('gateway');
  expect(ownerOf(frame('run', 'file:///x/packages/service/src/rest/register.ts'))).toBe('packages/service');
  expect(ownerOf(frame('end', 'node:internal/streams/writable'))).toBe('node:internal');
  expect(ownerOf(frame('(garbage collector)', ''))).toBe('(garbage collector)');
  expect(ownerOf(frame('writev', ''))).toBe('(native)');
});

test('a report tells shares of the time in which something was done', () => {
  const profile = {
    nodes: [
      { id: 1, callFrame: frame('(idle)', '') },
      { id: 2, callFrame: frame('take', 'file:///x/gateway/src/limit/gcra.ts') },
      { id: 3, callFrame: frame('take', 'file:///x/gateway/src/limit/gcra.ts') },
      { id: 4, callFrame: frame('(program)', '') },
    ],
    samples: [1, 2, 3, 4],
    timeDeltas: [1_000, 30, 30, 40],
  };
  expect(profileReport('gateway', JSON.stringify(profile))).toBe(`gateway, self time by package:
60.0%  gateway
40.0%  (program)
gateway, self time by function:
60.0%  gateway  take limit/gcra.ts:10
40.0%  (program)  (program)
`);
});
