import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { toAnswer } from './answer.ts';
import { CAMEL, snakeCasing } from './casing.ts';

const item = z.object({ displayName: z.string() });
const page = z.object({
  data: z.array(item),
  pagination: z.object({ nextCursor: z.string().nullable(), hasMore: z.boolean() }),
});
const offsets = z.object({
  allDeployments: z.array(item),
  pagination: z.object({ offset: z.number(), limit: z.number(), total: z.number() }),
});
const correlationId = 'corr-1234';

const resource = { displayName: 'x' };
const aPage = (nextCursor: string | null) => ({
  data: [resource],
  pagination: { nextCursor, hasMore: nextCursor !== null },
});

describe('the platform dialect', () => {
  test('gives the resource and the page as they are', () => {
    const context = { casing: CAMEL, correlationId };
    expect(toAnswer('platform', resource, context)).toBe(resource);
    const first = aPage('next');
    expect(toAnswer('platform', first, context)).toBe(first);
  });
});

describe('the organization dialect', () => {
  const meta = { request_id: correlationId, timestamp: expect.stringMatching(/^\d{4}-.*Z$/) };

  test('wraps a resource', () => {
    const answer = toAnswer('organization', resource, {
      casing: snakeCasing(undefined, item),
      correlationId,
    });
    expect(answer).toEqual({ data: { display_name: 'x' }, meta });
  });

  test('says in meta where a page goes on', () => {
    const context = { casing: snakeCasing(undefined, page), correlationId };
    expect(toAnswer('organization', aPage('next'), context)).toEqual({
      data: [{ display_name: 'x' }],
      meta: { ...meta, cursor: 'next', has_more: true },
    });
    expect(toAnswer('organization', aPage(null), context)).toEqual({
      data: [{ display_name: 'x' }],
      meta: { ...meta, has_more: false },
    });
  });
});

describe('the deployments dialect', () => {
  test('wraps a resource', () => {
    const answer = toAnswer('deployments', resource, { casing: snakeCasing(undefined, item), correlationId });
    expect(answer).toEqual({ data: { display_name: 'x' } });
  });

  test('puts the offset beside the data', () => {
    const output = { allDeployments: [resource], pagination: { offset: 20, limit: 20, total: 21 } };
    const answer = toAnswer('deployments', output, {
      casing: snakeCasing(undefined, offsets),
      correlationId,
    });
    expect(answer).toEqual({
      data: { all_deployments: [{ display_name: 'x' }] },
      pagination: { offset: 20, limit: 20, total: 21 },
    });
  });
});
