import type { Caller, RevocationSubject } from '@plinth/contracts';

/** What a passport stands on: once one of these is revoked there may be less of it, or nothing. */
export function subjectsOf(caller: Caller, sessionId?: string): RevocationSubject[] {
  const { kind, id, ownerId, tenantId, organizationId } = caller;
  return [
    kind === 'apiKey' ? `key:${id}` : `principal:${id}`,
    ...(kind === 'endUser' ? [] : [`membership:${ownerId ?? id}` as const]),
    ...(sessionId === undefined ? [] : [`session:${sessionId}` as const]),
    ...(tenantId === undefined ? [] : [`tenant:${tenantId}` as const]),
    ...(organizationId === undefined ? [] : [`organization:${organizationId}` as const]),
  ];
}
