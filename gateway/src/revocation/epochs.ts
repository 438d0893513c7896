import type { RevocationSubject } from '@plinth/contracts';

// What this gateway has heard to be revoked, held against the passports that it keeps. It hears of a revocation from
// Redis, from identity, and first of all from the answer that made it; whichever comes first counts, the others are no news.

/** What a kept passport stands on. */
export interface Grant {
  readonly subjects: readonly RevocationSubject[];
  /** Identity made it knowing of every revocation up to this number, */
  readonly sequence: number;
  /** and was asked for it when this gateway had heard that much. */
  readonly askedAt: number;
  /** How much had been heard when it was last looked at. */
  checkedAt: number;
}

export interface NumberedRevocation {
  subject: RevocationSubject;
  sequence: number;
}

export interface Epochs {
  /** How much has been heard: a number that only grows. */
  readonly heard: number;
  hear(revocations: readonly NumberedRevocation[]): void;
  /** An answer on its way through this gateway revokes them; identity may not know of it yet. */
  hearFromAnswer(subjects: readonly RevocationSubject[]): void;
  /** The numbers began anew: nothing that is kept can be held against them. */
  reset(): void;
  /** Costs the comparison of two integers, unless something was heard since the last time. */
  isCurrent(grant: Grant): boolean;
  /** Calls back when there is news. */
  onNews(listener: () => void): void;
}

interface Epoch {
  sequence: number;
  answeredAt: number;
  heardAt: number;
}

/** Longer than a passport lives, and the exchange that it comes from takes. */
const KEPT_MS = 120_000;

export function createEpochs(now: () => number = Date.now): Epochs {
  const epochs = new Map<RevocationSubject, Epoch>();
  const listeners: (() => void)[] = [];
  let heard = 0;
  let resetAt = 0;

  /** The one heard of last stands last. */
  function put(subject: RevocationSubject, epoch: Omit<Epoch, 'heardAt'>): void {
    epochs.delete(subject);
    epochs.set(subject, { ...epoch, heardAt: now() });
  }

  function news(): void {
    for (const [subject, { heardAt }] of epochs) {
      if (heardAt > now() - KEPT_MS) break;
      epochs.delete(subject);
    }
    for (const listener of listeners) listener();
  }

  function isRevoked({ subjects, sequence, askedAt }: Grant): boolean {
    if (subjects.length > 0 && askedAt < resetAt) return true;
    return subjects.some((subject) => {
      const epoch = epochs.get(subject);
      return epoch !== undefined && (epoch.sequence > sequence || epoch.answeredAt > askedAt);
    });
  }

  return {
    get heard() {
      return heard;
    },
    hear(revocations) {
      const unheard = revocations.filter(
        ({ subject, sequence }) => sequence > (epochs.get(subject)?.sequence ?? -1),
      );
      if (unheard.length === 0) return;
      heard += 1;
      for (const { subject, sequence } of unheard)
        put(subject, { sequence, answeredAt: epochs.get(subject)?.answeredAt ?? 0 });
      news();
    },
    hearFromAnswer(subjects) {
      if (subjects.length === 0) return;
      heard += 1;
      for (const subject of subjects)
        put(subject, { sequence: epochs.get(subject)?.sequence ?? 0, answeredAt: heard });
      news();
    },
    reset() {
      heard += 1;
      resetAt = heard;
      epochs.clear();
      news();
    },
    isCurrent(grant) {
      if (grant.checkedAt === heard) return true;
      if (isRevoked(grant)) return false;
      grant.checkedAt = heard;
      return true;
    },
    onNews: (listener) => void listeners.push(listener),
  };
}
