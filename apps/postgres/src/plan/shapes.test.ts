import { AppError } from '@plinth/contracts';
import { isFullSize } from '@plinth/testing';
import { expect, test } from 'vitest';
import { parseRowsUrl } from '../request/rows-url.ts';
import { createMonkey, randomFrom } from '../testing/generated-requests.ts';
import { LIBRARY } from '../testing/library.ts';
import { libraryTable, NO_PREFERENCES } from '../testing/open-library.ts';
import { planRead, type ReadRequest } from './read.ts';
import { createShapes } from './shapes.ts';

const REQUESTS = isFullSize ? 20_000 : 1_000;

function outcomeOf(plan: () => object): unknown {
  try {
    const { statement, pace, ...rest } = JSON.parse(JSON.stringify(plan()));
    return { ...rest, statement: { text: statement.text, values: statement.values } };
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
}

test('a request is planned as if it were the first of its shape', () => {
  const planShaped = createShapes();
  const standing = 'member';
  let filled = 0;
  for (let seed = 0; seed < REQUESTS; seed += 1) {
    const readOf = (texts: number) => createMonkey(randomFrom(seed), randomFrom(texts)).read();
    for (const request of [readOf(seed), readOf(-seed - 1)]) {
      const shaped = outcomeOf(() => planShaped({ ...request, standing }));
      expect(shaped).toEqual(outcomeOf(() => planRead(request)));
    }
    // The same but for the values of its tests is what an application asks.
    const again = withOtherValues(readOf(seed));
    const shaped = outcomeOf(() => planShaped({ ...again, standing }));
    expect(shaped).toEqual(outcomeOf(() => planRead(again)));
    if (typeof shaped === 'object' && JSON.stringify(shaped).includes(OTHER)) filled += 1;
  }
  expect(filled).toBeGreaterThan(REQUESTS / 10);
});

const OTHER = 'other*value';

const withOtherValues = (request: ReadRequest): ReadRequest => ({
  ...request,
  query: {
    ...request.query,
    where: request.query.where.map((condition) =>
      condition.kind === 'test' && 'value' in condition.test && condition.test.operator !== 'is'
        ? { ...condition, test: { ...condition.test, value: OTHER } }
        : condition,
    ),
  },
});

const asked = (query: string, more: Partial<ReadRequest> = {}) => ({
  schema: LIBRARY,
  table: libraryTable('books'),
  query: parseRowsUrl(query),
  preferences: NO_PREFERENCES,
  shape: 'list' as const,
  ...more,
});

test('a shape is planned once for each standing and schema', () => {
  const planShaped = createShapes();
  const first = planShaped({ ...asked('id=eq.1'), standing: 'member' });
  const second = planShaped({ ...asked('id=eq.2'), standing: 'member' });
  expect(second.statement.text).toBe(first.statement.text);
  expect(second.columns).toBe(first.columns);
  expect([first.statement.values[0], second.statement.values[0]]).toEqual(['1', '2']);
  expect(second.pace).toBe(first.pace);
  const others = [
    planShaped({ ...asked('id=eq.2'), standing: 'key' }),
    planShaped({ ...asked('id=eq.2', { schema: { ...LIBRARY } }), standing: 'member' }),
    planShaped({ ...asked('id=not.eq.2'), standing: 'member' }),
    planShaped({ ...asked('id=eq.2', { shape: 'one' }), standing: 'member' }),
  ];
  for (const other of others) expect(other.columns).not.toBe(first.columns);
});

test('what may not be read is refused, though others of its shape were read', () => {
  const planShaped = createShapes();
  planShaped({ ...asked('id=eq.1'), standing: 'member' });
  const hidden = asked('id=eq.1', { isReadable: () => false });
  expect(() => planShaped({ ...hidden, standing: 'user' })).toThrow(
    expect.objectContaining({ code: 'PERMISSION_DENIED' }),
  );
});
