import { AppError, fieldErrorsOf } from '@plinth/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkText } from './text.ts';

function pathsRefused(input: unknown): string[] {
  try {
    checkText(input);
    return [];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return fieldErrorsOf(error).map(({ path }) => path);
  }
}

const NUL = '\u0000';
const HALF = '\ud800';

test('lets all Unicode text pass, however deep', () => {
  const text = fc.string({ unit: 'binary' }).filter((value) => !value.includes(NUL));
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof(
      { depthSize: 'small' },
      text,
      fc.double(),
      fc.constantFrom(null, true, undefined),
      fc.array(tie('json')),
      fc.dictionary(text, tie('json')),
    ),
  }));
  fc.assert(
    fc.property(json, (input) => {
      expect(pathsRefused(input)).toEqual([]);
    }),
  );
});

test('names every field that holds what cannot be kept', () => {
  const input = {
    displayName: `a${NUL}b`,
    slug: 'fine',
    rules: [{ name: 'fine' }, { name: `${HALF}x` }],
    settings: { [`k${NUL}`]: 1, deep: { text: `x\udc00` } },
  };
  expect(pathsRefused(input)).toEqual([
    'displayName',
    'rules.1.name',
    `settings.k${NUL}`,
    'settings.deep.text',
  ]);
});

test('reads an input that is a text itself', () => {
  expect(pathsRefused(NUL)).toEqual(['']);
  expect(pathsRefused(undefined)).toEqual([]);
});
