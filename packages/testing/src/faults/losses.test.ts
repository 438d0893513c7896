import { DEGRADED_PARTS, type DegradedPart } from '@plinth/contracts';
import { expect, test } from 'vitest';
import { LOSSES, MISSING_AT_START } from './losses.ts';

test('every part in the table of degraded modes is taken away by the suite of lost parts', () => {
  const taken = new Set<DegradedPart>([
    ...Object.values(LOSSES).flatMap(({ parts }) => parts),
    ...Object.values(MISSING_AT_START).flat(),
  ]);
  expect(DEGRADED_PARTS.filter((part) => !taken.has(part))).toEqual([]);
});
