import { type ApiKeyStage, AppError, type AuditedCall, type Log, type ShownKey } from '@plinth/contracts';
import type { Database } from '@plinth/database';
import type { CountedAudit } from '@plinth/service';
import { type KnownKey, knownKeyRepo } from './known-key.repo.ts';
import { isWithin } from './networks.ts';
import type { Pepper } from './pepper.ts';

// Whether a key that somebody shows is one of ours and may be used now. Every refusal looks the same to whoever shows it,
// and a secret is compared whether there is one or not; why it was refused is told to the organization alone, in its audit log.

type Reason =
  | 'unknown'
  | 'wrong_secret'
  | 'wrong_stage'
  | 'deleted'
  | 'leaked'
  | 'rotated'
  | 'expired'
  | 'not_yet_valid'
  | 'address_not_allowed'
  | 'owner_gone';

export interface KeyUse {
  key: ShownKey;
  clientAddress: string | undefined;
}

interface KeyCheckDeps {
  database: Database;
  pepper: Pepper;
  stage: ApiKeyStage;
  failures: CountedAudit;
  log: Log;
}

export function createKeyCheck({ database, pepper, stage, failures, log }: KeyCheckDeps) {
  const keys = knownKeyRepo(database);

  function reasonAgainst(known: KnownKey, { key, clientAddress }: KeyUse, now: number): Reason | undefined {
    if (known.stage !== key.stage || known.owner !== key.owner) return 'wrong_secret';
    if (known.stage !== stage) return 'wrong_stage';
    if (known.isDeleted) return 'deleted';
    if (known.isLeaked) return 'leaked';
    if (known.secretEndsAt !== null && known.secretEndsAt <= now) return 'rotated';
    if (known.expiresAt !== null && known.expiresAt <= now) return 'expired';
    if (known.notBefore !== null && known.notBefore > now) return 'not_yet_valid';
    if (known.allowedCidrs && !isWithin(known.allowedCidrs, clientAddress)) return 'address_not_allowed';
    return undefined;
  }

  function refused(call: AuditedCall, use: KeyUse, known: KnownKey | undefined, reason: Reason): AppError {
    const id = known?.id ?? use.key.id;
    failures.record(
      `${use.clientAddress} ${id} ${reason}`,
      { ...originOf(call, 'apiKey.use'), clientAddress: use.clientAddress },
      {
        actor: { kind: known ? 'apiKey' : 'anonymous', id: known?.id ?? '' },
        target: { kind: 'apiKey', id },
        ...(known && { organizationId: known.organizationId }),
        outcome: 'denied',
        changes: { code: 'TOKEN_INVALID', reason },
      },
    );
    return new AppError('TOKEN_INVALID');
  }

  /** Under the newest pepper, once the older one was good enough for it. */
  async function renew({ key }: KeyUse, known: KnownKey): Promise<void> {
    try {
      await keys.rehash(key.id, pepper.hash(key.digest));
    } catch (err) {
      log.warn({ err, id: known.id }, 'a key stays under an older pepper; its next use tries again');
    }
  }

  return {
    refused,

    async check(call: AuditedCall, use: KeyUse): Promise<KnownKey> {
      const known = await keys.find(use.key.id);
      const isRight = pepper.matches(use.key.digest, known);
      if (!known) throw refused(call, use, known, 'unknown');
      const reason = isRight ? reasonAgainst(known, use, Date.now() / 1_000) : 'wrong_secret';
      if (reason) throw refused(call, use, known, reason);
      if (pepper.isOld(known)) await renew(use, known);
      return known;
    },
  };
}

/** What is written of the request that shows a credential: the gateway's question is not what its organization knows. */
export const originOf = (
  { caller, correlationId, apiVersion, clientAddress, userAgent }: AuditedCall,
  operation: 'apiKey.use' | 'serviceAccount.use',
): AuditedCall => ({ caller, operation, correlationId, apiVersion, clientAddress, userAgent });

export type KeyCheck = ReturnType<typeof createKeyCheck>;
