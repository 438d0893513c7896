// The generic cell rate algorithm: one number per key, the instant at which the key's debt is paid off. A request costs one
// interval (window / quota), the debt may reach one whole window, and it decays by itself. Times are microseconds since
// 2026, not 1970: smaller numbers keep more of an interval's fraction in a double.

export interface Rate {
  quota: number;
  windowSeconds: number;
}

export const MICROS_PER_SECOND = 1_000_000;
export const EPOCH_SECONDS = Date.UTC(2026, 0, 1) / 1_000;

const windowOf = (rate: Rate): number => rate.windowSeconds * MICROS_PER_SECOND;
const intervalOf = (rate: Rate): number => windowOf(rate) / rate.quota;

// Half an interval of slack: sums of intervals that are no whole microseconds must not cost the last request of a burst.
// One microsecond more: what a double loses must not refuse somebody who has waited as told, to the second.
export const ROUNDING = 1;
const ceilingOf = (rate: Rate): number => windowOf(rate) + intervalOf(rate) / 2 + ROUNDING;

/** What a call adds to the debt. No call costs more than a full quota, or it could never be made. */
export const priceOf = (rate: Rate, cost: number): number => intervalOf(rate) * Math.min(cost, rate.quota);

/** A clock that was set back leaves an instant far ahead; no debt is longer than the window. */
export const debtAt = (rate: Rate, paidOffAt: number | undefined, now: number): number =>
  Math.min(Math.max(0, (paidOffAt ?? now) - now), windowOf(rate));

export const fits = (rate: Rate, debt: number, cost: number): boolean =>
  debt + priceOf(rate, cost) <= ceilingOf(rate);

export const remainingAfter = (rate: Rate, debt: number): number =>
  Math.min(rate.quota, Math.max(0, Math.floor((ceilingOf(rate) - debt) / intervalOf(rate))));

/** Whole seconds until a call of this cost fits. */
export const secondsUntilFits = (rate: Rate, debt: number, cost: number): number =>
  Math.max(0, Math.ceil((debt + priceOf(rate, cost) - ceilingOf(rate)) / MICROS_PER_SECOND));

/** Whole seconds until there is more quota than now; 0 when it is whole. */
export const secondsUntilMore = (rate: Rate, debt: number): number => {
  const remaining = remainingAfter(rate, debt);
  return remaining >= rate.quota ? 0 : secondsUntilFits(rate, debt, remaining + 1);
};
