import type { Decision } from './decision.ts';

// draft-ietf-httpapi-ratelimit-headers-10: two lists of quoted names with integer parameters (RFC 9651).

/** Names are plain words; what is not could break out of its quotes. */
const PLAIN = /^[\w-]+$/;
const quoted = (name: string): string =>
  `"${PLAIN.test(name) ? name : name.replace(/[^\x20-\x7e]/g, '').replace(/["\\]/g, '\\$&')}"`;

export function rateLimitHeaders({ policies }: Decision): Record<string, string> {
  if (policies.length === 0) return {};
  return {
    'ratelimit-policy': policies
      .map(({ policy, quota, windowSeconds }) => `${quoted(policy)};q=${quota};w=${windowSeconds}`)
      .join(', '),
    ratelimit: policies
      .map(({ policy, remaining, resetSeconds }) => `${quoted(policy)};r=${remaining};t=${resetSeconds}`)
      .join(', '),
  };
}

/** Whole seconds, at least as many as needed and up to a tenth more: who was refused together shall not come back together. */
export const spread = (seconds: number, random: () => number = Math.random): number =>
  Math.floor(seconds * (1 + random() / 10));
