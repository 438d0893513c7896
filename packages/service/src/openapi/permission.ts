import { type AppError, type Caller, permissionsOf, type Role } from '@plinth/contracts';
import { refusalsOf } from '../authorize.ts';
import type { AccessRules } from '../meta.ts';

// What the document says of who may call an operation: a sentence, and the refusal that somebody who may not would get.

export function permissionSentence({ permission, capability, callerKinds }: AccessRules): string {
  if (permission === 'anonymous') return 'No credential is needed.';
  if (permission === 'signedIn')
    return callerKinds ? 'Every person who has signed in may call it.' : 'Every caller may call it.';
  const plan = capability ? `, and the capability \`${capability}\` of the tenant's plan` : '';
  return `The caller needs the permission \`${permission}\`${plan}.`;
}

const callerWith = (kind: Caller['kind'], role: Role, more: Partial<Caller> = {}): Caller => ({
  kind,
  id: role,
  role,
  permissions: [...permissionsOf(role)],
  capabilities: [],
  suspended: false,
  ...more,
});

/** From the most usual on; the last two lack whatever there is. */
const LACKING: readonly Caller[] = [
  callerWith('member', 'billing'),
  callerWith('apiKey', 'schema-only'),
  callerWith('apiKey', 'schema-only', { reach: { tenantIds: ['tnt_01HV3C8F3K7Q2M5N9R4T6W8Y0Z'] } }),
  callerWith('apiKey', 'general:read', { permissions: ['schemas:read'] }),
];

/** What a caller without the right is answered; nothing where there is no such caller. */
export function refusalOf(rules: AccessRules): AppError | undefined {
  const refusals = LACKING.flatMap((caller) => refusalsOf(rules, caller));
  return refusals.find(({ code }) => code === 'PERMISSION_DENIED');
}
