import { expect, test } from 'vitest';
import { loadTransfers } from './transfer.ts';

const options = { prefix: [], seconds: 0.2, signal: AbortSignal.timeout(20_000) };

const lines = (script: string, rows = 300) =>
  loadTransfers({ transfer: ['sh', '-c', script], rows }, options);

test('tells how many rows came in a second, over whole transfers', async () => {
  const { requests, requestsPerSecond, p50Ms, p99Ms } = await lines('sleep 0.3; seq 300');
  expect(requests).toBe(300);
  expect(requestsPerSecond).toBeLessThan(1_000);
  expect(p50Ms).toBeGreaterThanOrEqual(300);
  expect(p99Ms).toBeGreaterThanOrEqual(p50Ms);
});

test('a transfer that fails, or brings another number of rows, is none', async () => {
  await expect(lines('seq 300; exit 22')).rejects.toThrow('ended with 22');
  await expect(lines('seq 299')).rejects.toThrow('299 rows came, and not 300');
});
