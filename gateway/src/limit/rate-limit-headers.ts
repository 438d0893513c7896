import type { Decision } from './decision.ts';

// draft-ietf-httpapi-ratelimit-headers-10: two lists of quoted names with integer parameters (RFC 9651).

/** Names are plain words; what is not could break out of its quotes. */
const PLAIN = /^[\w-]+$/;
const quoted = (name: string): string =>
  `"${PLAIN.test(name) ? name : name.replace(/[^\x20-\x7e]/g, '').replace(/["\\]/g, '\\$&')}"`;

export function rateLimitHeaders({ allowed, policies, retryAfter }: Decision): Record<string, string> {
  if (policies.length === 0) return {};
  return {
    'ratelimit-policy': policies
      .map(({ policy, quota, windowSeconds }) => `${quoted(policy)};q=${quota};w=${windowSeconds}`)
      .join(', '),
    ratelimit: policies
      .map(({ policy, remaining, resetSeconds }) => `${quoted(policy)};r=${remaining};t=${resetSeconds}`)
      .join(', '),
    ...(!allowed && { 'retry-after': String(retryAfter) }),
  };
}
