import { AppError } from '@plinth/contracts';

// Those who wait for their turn, in the order in which they came: so many at most, nobody for long, and nobody who has left.

export interface Waiter {
  since: number;
  /** Of a caller who may leave. */
  signal: AbortSignal | undefined;
  reject(error: unknown): void;
}

const MAX_WAITING = 1_000;

export function join<T extends Waiter>(queue: T[], waiter: T): void {
  if (queue.length >= MAX_WAITING) throw new AppError('OVERLOADED');
  queue.push(waiter);
}

export function takeNext<T extends Waiter>(queue: T[]): T | undefined {
  for (let waiter = queue.shift(); waiter; waiter = queue.shift()) if (isStillWanted(waiter)) return waiter;
  return undefined;
}

export function isStillWanted({ signal, reject }: Waiter): boolean {
  if (!signal?.aborted) return true;
  reject(signal.reason);
  return false;
}

export function refuse(waiters: readonly Waiter[], error: unknown): void {
  for (const { reject } of waiters) reject(error);
}

/** Sends away who has left, and who has waited too long: but for so many of the first as are about to be served. */
export function sweepQueue(queue: Waiter[], now: number, queueMs: number, aboutToBeServed = 0): void {
  const isLate = ({ since }: Waiter, index: number) => index >= aboutToBeServed && now - since > queueMs;
  const isOver = (waiter: Waiter, index: number) => waiter.signal?.aborted || isLate(waiter, index);
  if (!queue.some(isOver)) return;
  const all = queue.splice(0);
  queue.push(...all.filter((waiter, index) => !isOver(waiter, index)));
  refuse(all.filter(isOver).filter(isStillWanted), new AppError('OVERLOADED'));
}
