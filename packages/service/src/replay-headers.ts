import { HEADERS } from '@plinth/contracts';
import type { RequestFacts } from './call.ts';

const NONE: Readonly<Record<string, string>> = {};

/** What an answer says of its idempotency key: that it is a stored one, and whether it was waited for. */
export function replayHeaders({ replay, patience }: RequestFacts): Readonly<Record<string, string>> {
  if (!replay && !patience?.wasNeeded) return NONE;
  return {
    ...(replay && {
      [HEADERS.idempotencyReplayed]: 'true',
      [HEADERS.idempotencyOriginalRequestId]: replay.requestId,
      [HEADERS.idempotencyExpires]: replay.expiresAt.toUTCString(),
      ...(replay.isCurrent && { [HEADERS.idempotencyBody]: 'current' }),
    }),
    ...(patience?.wasNeeded && { 'preference-applied': `wait=${patience.seconds}` }),
  };
}
