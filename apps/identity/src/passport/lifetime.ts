import { AppError, type VerifiedToken } from '@plinth/contracts';

/** Of a passport, at most. */
export const LIFETIME_SECONDS = 60;

/** A passport must not outlive the token that it stands for. */
export function lifetimeOf({ expiresAt }: VerifiedToken): number {
  const left = expiresAt - Math.floor(Date.now() / 1_000);
  if (left < 1) throw new AppError('TOKEN_EXPIRED');
  return Math.min(left, LIFETIME_SECONDS);
}
