import type { Decision } from './decision.ts';

// draft-ietf-httpapi-ratelimit-headers-10: two lists of quoted names with integer parameters (RFC 9651).

/** Names are plain words; what is not could break out of its quotes. */
const PLAIN = /^[\w-]+$/;
const quoted = (name: string): string =>
  `"${PLAIN.test(name) ? name : name.replace(/[^\x20-\x7e]/g, '').replace(/["\\]/g, '\\$&')}"`;

export function tellRateLimits({ policies }: Decision, headers: Record<string, string>): void {
  let limits = '';
  let state = '';
  for (const { policy, quota, windowSeconds, remaining, resetSeconds } of policies) {
    const comma = limits === '' ? '' : ', ';
    const name = quoted(policy);
    limits += `${comma}${name};q=${quota};w=${windowSeconds}`;
    state += `${comma}${name};r=${remaining};t=${resetSeconds}`;
  }
  if (limits === '') return;
  headers['ratelimit-policy'] = limits;
  headers.ratelimit = state;
}

/** Whole seconds, at least as many as needed and up to a tenth more: who was refused together shall not come back together. */
export const spread = (seconds: number, random: () => number = Math.random): number =>
  Math.floor(seconds * (1 + random() / 10));
