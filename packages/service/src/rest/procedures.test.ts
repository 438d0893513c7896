import { initTRPC } from '@trpc/server';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { ProcedureMeta } from '../meta.ts';
import { initService } from '../procedure.ts';
import { proceduresOf } from './procedures.ts';

const { router, procedure } = initService();
const meta: ProcedureMeta = { summary: 'A thing', permission: 'signedIn' };
const output = z.object({ done: z.boolean() });

test('a procedure is its schemas and its resolver', () => {
  const get = procedure
    .meta(meta)
    .output(output)
    .query(() => ({ done: true }));
  expect(proceduresOf(router({ get }))).toMatchObject([{ path: 'get', type: 'query', meta, output }]);
});

test('one with a middleware of its own is refused: REST would pass it by', () => {
  const get = procedure
    .use(({ next }) => next())
    .meta(meta)
    .query(() => ({ done: true }));
  expect(() => proceduresOf(router({ get }))).toThrow('procedure get has a middleware of its own');
});

test('one that is not of the kit is refused: nothing would guard it', () => {
  const t = initTRPC.meta<ProcedureMeta>().create();
  const get = t.procedure.meta(meta).query(() => ({ done: true }));
  expect(() => proceduresOf(t.router({ get }))).toThrow('is not of this kit');
});
