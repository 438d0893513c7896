import { DEGRADED_MODES, type DegradedMode, type DegradedPart } from '@plinth/contracts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Sent } from '../load.ts';
import { expect } from 'vitest';
import { call, type Outcome } from './client.ts';
import type { Loss } from './losses.ts';
import { type Caller, isAsExpected, type Kind, type Write } from './traffic.ts';

// What the history of the requests must be for the platform to have kept its word.

/** Five seconds are promised; the rest is for a busy machine. */
const ANSWER_WITHIN_MS = 10_000;
/** On a machine that has much else to do, as starting a Keycloak, so many of a kind may run out of time, and one more. */
const STRAYS = 0.05;
/** What a slow Keycloak says of a sign-in while it still works on another one of the same person. */
const TWO_AT_ONCE = 'INVALID_GRANT';
const OUT_OF_TIME = new Set<string | undefined>(['AUTH_UNAVAILABLE', 'UPSTREAM_TIMEOUT', 'OVERLOADED']);

export interface Lost {
  loss: Loss;
  /** Milliseconds since the epoch. */
  takenAt: number;
  backAt: number;
  /** The longest time that the test itself stood still. */
  stallMs: number;
}

/** How long after all of it is back something may still be refused. */
export function recoveryMsOf(parts: readonly DegradedPart[]): number {
  const modes: DegradedMode[] = parts.map((part) => DEGRADED_MODES[part]);
  const seconds = modes.map((mode) => (mode.refusedWith.length > 0 ? mode.recoversWithinSeconds : 0));
  return 1_000 * Math.max(...seconds);
}

/** What is refused; a part that is needed takes along far more than what strays. */
function withoutStrays(history: readonly Sent<Outcome>[], { unharmed }: Loss): Sent<Outcome>[] {
  const refused = history.filter((one) => !isAsExpected(one));
  const isStray = ({ kind, outcome }: Sent<Outcome>) =>
    (unharmed.includes(kind as Kind) && OUT_OF_TIME.has(outcome?.code)) || outcome?.code === TWO_AT_ONCE;
  const strays = refused.filter(isStray);
  const countOf = (kind: string, all: readonly Sent<Outcome>[]) =>
    all.filter((one) => one.kind === kind).length;
  const areFew = ({ kind }: Sent<Outcome>) => countOf(kind, strays) <= 1 + countOf(kind, history) * STRAYS;
  return refused.filter((one) => !isStray(one) || !areFew(one));
}

export function checkHistory(history: readonly Sent<Outcome>[], lost: Lost): void {
  const { loss, takenAt, backAt, stallMs } = lost;
  const told = (which: readonly Sent<Outcome>[]) =>
    which.map(({ kind, at, tookMs, outcome, error }) => ({
      kind,
      afterMs: at - takenAt,
      tookMs: Math.round(tookMs),
      status: outcome?.status,
      code: outcome?.code,
      error,
    }));
  const refused = withoutStrays(history, loss);
  const declared = new Set<string>(loss.parts.flatMap((part) => DEGRADED_MODES[part].refusedWith));
  const recoveredAt = backAt + recoveryMsOf(loss.parts);

  expect(told(refused.filter(({ outcome }) => !declared.has(outcome?.code ?? '')))).toEqual([]);
  expect(told(refused.filter(({ kind }) => loss.unharmed.includes(kind as Kind)))).toEqual([]);
  expect(told(refused.filter(({ at }) => at < takenAt - ANSWER_WITHIN_MS || at > recoveredAt))).toEqual([]);
  // As long as something of ours is lost nobody is told that the fault is his.
  const blamed = refused.filter(({ outcome }) => outcome !== undefined && outcome.status < 500);
  expect(told(blamed.filter(({ at, tookMs }) => at + tookMs < backAt))).toEqual([]);
  const unhelpful = refused.filter((one) => !blamed.includes(one) && one.outcome?.retryAfter === null);
  expect(told(unhelpful)).toEqual([]);
  expect(told(history.filter(({ outcome }) => !outcome?.isCorrelated))).toEqual([]);
  expect(told(history.filter(({ tookMs }) => tookMs - stallMs > ANSWER_WITHIN_MS))).toEqual([]);
  loss.check?.(history.filter(({ at }) => at > takenAt && at < backAt));
}

async function tenantIdsBySlug(url: string, token: string): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const { body } = await call(url, 'GET', `/v1/tenants?limit=100${query}`, { token });
    for (const { slug, id } of body.data) found.set(slug, [...(found.get(slug) ?? []), id]);
    cursor = body.pagination.nextCursor;
  } while (cursor !== null);
  return found;
}

/** Sent again under its key, each is what was acknowledged, or is made now if it had not been; and it is there once. */
export async function checkWrites(
  { url }: Fleet,
  { token }: Caller,
  writes: readonly Write[],
): Promise<void> {
  for (const { key, body, id } of writes) {
    const again = await call(url, 'POST', '/v1/tenants', { token, key, body });
    expect(again).toMatchObject({ status: 201, body: { slug: body.slug, ...(id !== undefined && { id }) } });
  }
  const found = await tenantIdsBySlug(url, token);
  for (const { body } of writes) expect(found.get(body.slug)).toHaveLength(1);
}
