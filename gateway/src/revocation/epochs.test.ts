import type { RevocationSubject } from '@plinth/contracts';
import { expect, test } from 'vitest';
import { createEpochs, type Epochs, type Grant } from './epochs.ts';

const TENANT = 'tenant:tnt_1';
const SESSION = 'session:s-1';

const grantAt = (
  { heard }: Epochs,
  sequence: number,
  subjects: RevocationSubject[] = [TENANT, SESSION],
): Grant => ({ subjects, sequence, askedAt: heard, checkedAt: -1 });

test('a passport is current until one of its subjects is revoked after it was made', () => {
  const epochs = createEpochs();
  const grant = grantAt(epochs, 10);
  expect(epochs.isCurrent(grant)).toBe(true);
  epochs.hear([
    { subject: 'tenant:tnt_2', sequence: 11 },
    { subject: TENANT, sequence: 10 },
  ]);
  expect(epochs.isCurrent(grant)).toBe(true);
  epochs.hear([{ subject: SESSION, sequence: 12 }]);
  expect(epochs.isCurrent(grant)).toBe(false);
  expect(epochs.isCurrent(grantAt(epochs, 12))).toBe(true);
  expect(epochs.isCurrent(grantAt(epochs, 11))).toBe(false);
});

test('an answer revokes what was asked for before it, whatever numbers say, and leaves what is asked for after', () => {
  const epochs = createEpochs();
  const grant = grantAt(epochs, 99);
  epochs.hearFromAnswer([TENANT]);
  expect(epochs.isCurrent(grant)).toBe(false);
  const next = grantAt(epochs, 98);
  expect(epochs.isCurrent(next)).toBe(true);
  epochs.hear([{ subject: TENANT, sequence: 99 }]);
  expect(epochs.isCurrent(next)).toBe(false);
  expect(epochs.isCurrent(grantAt(epochs, 99))).toBe(true);
});

test('what is told twice is no news', () => {
  const epochs = createEpochs();
  let news = 0;
  epochs.onNews(() => {
    news += 1;
  });
  epochs.hear([{ subject: TENANT, sequence: 5 }]);
  epochs.hear([{ subject: TENANT, sequence: 5 }]);
  epochs.hear([]);
  epochs.hearFromAnswer([]);
  expect([news, epochs.heard]).toEqual([1, 1]);
});

test('nothing kept is current once the numbers begin anew, but what stands on nothing', () => {
  const epochs = createEpochs();
  const [grant, anonymous] = [grantAt(epochs, 500), grantAt(epochs, 0, [])];
  epochs.reset();
  expect([epochs.isCurrent(grant), epochs.isCurrent(anonymous)]).toEqual([false, true]);
  expect(epochs.isCurrent(grantAt(epochs, 1))).toBe(true);
});

test('a revocation is remembered for as long as a passport of before may live', () => {
  let now = 1_000_000;
  const epochs = createEpochs(() => now);
  const grant = grantAt(epochs, 1);
  epochs.hear([{ subject: TENANT, sequence: 2 }]);
  now += 100_000;
  epochs.hear([{ subject: 'tenant:tnt_3', sequence: 3 }]);
  expect(epochs.isCurrent(grant)).toBe(false);
  now += 30_000;
  epochs.hear([{ subject: 'tenant:tnt_4', sequence: 4 }]);
  expect(epochs.isCurrent(grant)).toBe(true);
});
