import { setTimeout as sleep } from 'node:timers/promises';
import {
  AppError,
  type Log,
  type pushRevocationsInput,
  type RevocationSubject,
  type RevocationsSince,
  type revocationsSinceInput,
  type VerifiedToken,
} from '@plinth/contracts';
import type { Database } from '@plinth/database';
import type { z } from 'zod';
import type { RevocationStream } from './redis-stream.ts';
import { type Revoked, revocationRepo } from './revocation.repo.ts';

// Everything that is revoked gets a number here, and is told to the gateways: by Redis before the push is answered, where
// there is one, and to whoever asks for what is new. A token that was revoked gets no passport any more.

const PAGE = 1_000;

interface RevocationDeps {
  database: Database;
  /** Absent without a Redis: gateways hear of it when they ask. */
  stream: RevocationStream | undefined;
  /** Told after the gateways, and waited for by nobody. */
  onTenants?: (tenantIds: readonly string[]) => void;
  log: Log;
}

/** Tokens tell their age in whole seconds: one of this second may be older than the revocation or younger. */
const secondOf = (seconds: number): number => Math.floor(seconds);

export function createRevocationService({ database, stream, onTenants, log }: RevocationDeps) {
  const revocations = revocationRepo(database);

  async function tell(rows: RevocationsSince['revocations']): Promise<void> {
    try {
      await stream?.add(rows);
    } catch (err) {
      log.warn({ err }, 'Redis did not take a revocation: gateways hear of it when they ask');
    }
  }

  /** Tokens of the second in which their principal was revoked are refused: that second is waited for to end. */
  async function untilTokensAreYounger(all: readonly Revoked[]): Promise<void> {
    const signedOut = all.filter(({ subject }) => subject.startsWith('principal:'));
    const seconds = signedOut.map(({ revokedAt }) => secondOf(Date.parse(revokedAt) / 1_000) + 1);
    const left = Math.max(0, ...seconds) * 1_000 - Date.now();
    if (left > 0) await sleep(Math.min(left, 1_000));
  }

  return {
    /** Comes back when every gateway can know, and whoever signs in from then on gets tokens that work. */
    async push({
      revocations: pushed,
    }: z.output<typeof pushRevocationsInput>): Promise<{ sequence: number }> {
      const all = pushed.flatMap(({ id: pushId, subjects, revokedAt }) =>
        [...new Set(subjects)].map((subject) => ({ pushId, subject, revokedAt })),
      );
      const rows = await revocations.insert(all);
      await tell(rows);
      await untilTokensAreYounger(all);
      const tenantIds = all.flatMap(({ subject }) => /^tenant:(.+)$/.exec(subject)?.[1] ?? []);
      if (tenantIds.length > 0) onTenants?.(tenantIds);
      return { sequence: Math.max(...rows.map(({ sequence }) => sequence)) };
    },

    async since({ after }: z.output<typeof revocationsSinceInput>): Promise<RevocationsSince> {
      const { last, rows } = await revocations.since(after, PAGE);
      const hasMore = rows.length === PAGE;
      return { sequence: hasMore ? (rows.at(-1)?.sequence ?? last) : last, revocations: rows, hasMore };
    },

    /** The number that a passport for this token knows of, if it may have one. To be asked before anything else about it. */
    async check(principalId: string, { sessionId, issuedAt }: VerifiedToken): Promise<number> {
      const session: RevocationSubject | undefined =
        sessionId === undefined ? undefined : `session:${sessionId}`;
      const standing = await revocations.standing(session, `principal:${principalId}`);
      const { sequence, isSessionRevoked, principalRevokedAt } = standing;
      const isTooOld = principalRevokedAt !== null && issuedAt <= secondOf(principalRevokedAt);
      if (isSessionRevoked || isTooOld) throw new AppError('TOKEN_REVOKED');
      return sequence;
    },

    async sweep(): Promise<number> {
      let total = 0;
      for (;;) {
        const gone = await revocations.sweep(PAGE);
        total += gone;
        if (gone < PAGE) return total;
      }
    },
  };
}

export type RevocationService = ReturnType<typeof createRevocationService>;
