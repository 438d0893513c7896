import type { RevocationsSince } from '@plinth/contracts';
import { afterEach, expect, test } from 'vitest';
import { createConfirmation } from './confirmation.ts';
import { createEpochs } from './epochs.ts';
import { startPolling } from './polling.ts';

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** An identity that answers one of these after the other, and then the last one again. */
function poll(answers: (RevocationsSince | Error)[]) {
  const asked: (number | undefined)[] = [];
  const logged: string[] = [];
  const note = (_details: object, message: string) => void logged.push(message);
  const epochs = createEpochs();
  let clock = 0;
  const confirmation = createConfirmation(() => clock);
  const polling = startPolling({
    ask: async (after) => {
      asked.push(after);
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (!answer || answer instanceof Error) throw answer;
      return answer;
    },
    epochs,
    confirmation,
    log: { debug: note, info: note, warn: note, error: note },
    intervalMs: 5,
  });
  stops.push(polling.stop);
  return {
    asked,
    logged,
    epochs,
    confirmation,
    pass(seconds: number) {
      clock += seconds * 1_000;
    },
  };
}

const nothing = (sequence: number): RevocationsSince => ({ sequence, revocations: [], hasMore: false });

test('asks on from what it was told, and takes several pages at once', async () => {
  const { asked, epochs } = poll([
    nothing(7),
    { sequence: 8, revocations: [{ subject: 'tenant:a', sequence: 8 }], hasMore: true },
    { sequence: 9, revocations: [{ subject: 'tenant:b', sequence: 9 }], hasMore: false },
  ]);
  await expect.poll(() => asked.slice(0, 4)).toEqual([undefined, 7, 8, 9]);
  const grant = { subjects: ['tenant:b' as const], sequence: 8, askedAt: 9, checkedAt: -1 };
  expect(epochs.isCurrent(grant)).toBe(false);
});

test('goes on asking while it fails, and says so once each way', async () => {
  const { asked, logged } = poll([nothing(1), new Error('away'), new Error('away'), nothing(1)]);
  await expect.poll(() => asked.length).toBeGreaterThan(5);
  expect(logged).toEqual(['identity cannot be asked for revocations', 'revocations are confirmed again']);
});

test('drops everything when the numbers begin anew', async () => {
  const { epochs, asked } = poll([nothing(100), nothing(3)]);
  const grant = { subjects: ['tenant:a' as const], sequence: 100, askedAt: 0, checkedAt: -1 };
  await expect.poll(() => epochs.isCurrent(grant)).toBe(false);
  await expect.poll(() => asked.at(-1)).toBe(3);
});

test('what nobody has confirmed for five seconds is too old to change anything on', async () => {
  const { confirmation, pass, asked } = poll([new Error('away')]);
  await expect.poll(() => asked.length).toBeGreaterThan(1);
  pass(5);
  confirmation.check();
  pass(1);
  expect(() => confirmation.check()).toThrow(
    expect.objectContaining({ code: 'REVOCATIONS_UNCONFIRMED', status: 503 }),
  );
  expect([confirmation.isRecent(), confirmation.ageSeconds()]).toEqual([false, 6]);
  confirmation.confirm();
  confirmation.check();
});
