import { AppError } from '@plinth/contracts';

// When this gateway last knew that it has heard of every revocation. Without that knowledge nothing may be changed:
// whoever asks may have lost the right to. Reading goes on for as long as a passport lives.

export interface Confirmation {
  /** The moment to confirm: what is asked for now tells of everything until now. */
  now(): number;
  /** Everything was heard that there was at this moment. */
  confirm(at?: number): void;
  ageSeconds(): number;
  isRecent(): boolean;
  /** Throws where it is too long ago. */
  check(): void;
}

const LIMIT_SECONDS = 5;

export function createConfirmation(now: () => number = () => performance.now()): Confirmation {
  let last = now();
  const ageSeconds = (): number => (now() - last) / 1_000;
  const isRecent = (): boolean => ageSeconds() <= LIMIT_SECONDS;
  return {
    now,
    confirm(at = now()) {
      last = Math.max(last, at);
    },
    ageSeconds,
    isRecent,
    check() {
      if (!isRecent()) throw new AppError('REVOCATIONS_UNCONFIRMED');
    },
  };
}
