import type { RevocationSubject, Shown } from '@plinth/contracts';
import type { Queryable } from './database.ts';
import type { Effect } from './mutate.ts';
import type { RequestKey } from './request-key.ts';
import { SECRETS_OPEN_MS, type Secrets, seal, takeSecrets, unseal } from './sealed-secrets.ts';

// What the first caller is told of an effect, and what is kept of that for the repeats.

/** A larger one is not kept: with a hundred thousand keys an organization could fill the disk with them. */
const MAX_KEPT_BYTES = 1024 * 1024;

/** Reads a resource as it is now, for the replay of an answer that was too large to keep. */
export type Reread<T> = (tx: Queryable, target: { kind: string; id: string }) => Promise<Shown<T>>;

export interface Kept {
  /** JSON: `{result}`, or `{target}` where the result is too large; and what was revoked, for the gateway of a repeat. */
  text: string;
  sealed: Buffer | null;
  sealedUntil: Date | undefined;
}

interface Told {
  /** Wrapped, so that an undefined result comes back undefined. */
  text: string;
  revokes: readonly RevocationSubject[] | undefined;
  secrets: Secrets | undefined;
}

/** As JSON, so that the first answer and the repeated one cannot differ. */
export function tell({ result, revokes: all = [] }: Effect<unknown>): Told {
  const { open, secrets } = takeSecrets(result);
  const revokes = all.length > 0 ? all : undefined;
  return { text: JSON.stringify({ result: open, revokes }), revokes, secrets };
}

export function show<T>({ text, secrets }: Told): Shown<T> {
  const { result } = JSON.parse(text);
  return secrets ? { ...result, ...secrets } : result;
}

interface KeepOptions {
  key: RequestKey;
  keys: readonly Buffer[];
  at: Date;
}

export function keep(
  { text, revokes, secrets }: Told,
  target: { kind: string; id: string },
  { key, keys: [newest], at, canReread }: KeepOptions & { canReread: boolean },
): Kept {
  const isLarge = Buffer.byteLength(text) > MAX_KEPT_BYTES;
  if (isLarge && !canReread) {
    throw new Error(`the answer of ${key.operation} is too large to be kept and it has no way to reread it`);
  }
  const isSealed = secrets !== undefined && newest !== undefined;
  return {
    text: isLarge ? JSON.stringify({ target, revokes }) : text,
    sealed: isSealed ? seal(secrets, key, newest) : null,
    sealedUntil: isSealed ? new Date(at.getTime() + SECRETS_OPEN_MS) : undefined,
  };
}

export async function recall<T>(
  tx: Queryable,
  { text, sealed, sealedUntil }: Kept,
  { key, keys, at, reread }: KeepOptions & { reread: Reread<T> | undefined },
): Promise<{ answer: Shown<T>; isCurrent: boolean; revokes: readonly RevocationSubject[] | undefined }> {
  const { result, target, revokes } = JSON.parse(text);
  if (target && !reread) throw new Error(`${key.operation} has no way to reread its answer any more`);
  const open = target && reread ? await reread(tx, target) : result;
  const isCurrent = target !== undefined;
  if (!sealedUntil) return { answer: open, isCurrent, revokes };
  const secrets = sealed && at < sealedUntil ? unseal(sealed, key, keys) : undefined;
  return { answer: { ...open, ...(secrets ?? { secretState: 'delivered_or_expired' }) }, isCurrent, revokes };
}
