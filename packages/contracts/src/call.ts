import type { Caller } from './caller.ts';
import type { ApiVersion } from './versions.ts';

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
  /** It needs no organization: a repeat is the same call, also once the caller belongs to one. */
  readonly isAnywhere?: boolean;
  /** A keyed digest of the whole request: the same key with another one of these is a conflict. */
  fingerprint(): string;
  /** Set by mutate() when the answer is a stored one. */
  replayed: boolean;
}
