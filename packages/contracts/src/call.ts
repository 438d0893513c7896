import type { Caller } from './caller.ts';
import type { RateState } from './rate-state.ts';
import type { RevocationSubject } from './revocation.ts';
import type { ApiVersion } from './versions.ts';

/** Of a stored answer: what is told of it besides. */
export interface Replay {
  /** The correlation id of the request that took effect. */
  readonly requestId: string;
  readonly expiresAt: Date;
  /** The resource as it is now: its first answer was too large to keep. */
  readonly isCurrent: boolean;
}

/** A caller's wish to be held while a request with its key still runs: `Prefer: wait=10`. */
export interface Patience {
  readonly seconds: number;
  /** The caller is gone, or the process about to be. */
  readonly signal: AbortSignal;
  /** Set when the call was held. */
  wasNeeded: boolean;
}

/** What an audit entry tells of the call that it is about. */
export type AuditedCall = Pick<
  Call,
  'caller' | 'operation' | 'correlationId' | 'apiVersion' | 'clientAddress' | 'userAgent'
>;

/** One call of one operation: what services, audit and idempotency need to know of a request. Knows no HTTP. */
export interface Call {
  readonly caller: Caller;
  /** The procedure, as `tenant.create`. */
  readonly operation: string;
  readonly correlationId: string;
  /** The version that the caller speaks; the call itself is of the newest shape. */
  readonly apiVersion: ApiVersion;
  readonly traceparent: string | undefined;
  readonly clientAddress: string | undefined;
  readonly userAgent: string | undefined;
  readonly idempotencyKey: string | undefined;
  /** What the gateway has counted of this caller; only the routes that tell it are told. */
  readonly rates?: readonly RateState[] | undefined;
  readonly patience?: Patience | undefined;
  /** It needs no organization: a repeat is the same call, also once the caller belongs to one. */
  readonly isAnywhere?: boolean;
  /** All that is asked for, as one text: the same key with another one of these is a conflict. */
  content(): string;
  /** Set by mutate() when the answer is a stored one. */
  replay: Replay | undefined;
  /** Set by mutate(): the answer tells the gateway. */
  revoked?: readonly RevocationSubject[] | undefined;
}
