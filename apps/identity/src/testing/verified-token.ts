import type { VerifiedToken } from '@plinth/contracts';

let count = 0;

/** What the gateway has verified of a token that was issued just now; each is of another person. */
export function verifiedToken(more: Partial<VerifiedToken> = {}): VerifiedToken {
  const now = Math.floor(Date.now() / 1_000);
  return {
    issuer: 'https://issuer.example.test',
    subject: `subject-${++count}`,
    email: `person-${count}@example.test`,
    emailVerified: true,
    clientId: 'plinth-console',
    issuedAt: now,
    expiresAt: now + 300,
    ...more,
  };
}
