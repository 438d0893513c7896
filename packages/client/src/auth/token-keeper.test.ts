import { expect, test } from 'vitest';
import { keepToken } from './token-keeper.ts';

function keeperOf(expiresIn: number) {
  const clock = { now: 0 };
  let count = 0;
  const next = async () => ({ accessToken: `token-${++count}`, expiresIn, refreshToken: 'refresh' });
  const token = keepToken({ signIn: next, refresh: next }, () => clock.now);
  return { clock, token };
}

test('a token is replaced half a minute before it ends', async () => {
  const { clock, token } = keeperOf(300);
  await token();
  clock.now = 269_000;
  expect(await token()).toBe('token-1');
  clock.now = 270_000;
  expect(await token()).toBe('token-2');
});

test('a token that lives very short is still used', async () => {
  const { clock, token } = keeperOf(10);
  await token();
  clock.now = 7_900;
  expect(await token()).toBe('token-1');
  clock.now = 8_000;
  expect(await token()).toBe('token-2');
});
