import { pushRevocationsInput, type RevocationSubject } from '@plinth/contracts';
import { type ServiceStandIn, startServiceStandIn } from '@plinth/testing';

export interface IdentityStandIn extends ServiceStandIn {
  /** What was pushed, in order. */
  revoked: RevocationSubject[];
  /** From now on it refuses what is pushed. */
  isFailing: boolean;
}

export async function startIdentityStandIn(trustedKeysFile: string): Promise<IdentityStandIn> {
  function answer(procedure: string, input: unknown): unknown {
    if (standIn.isFailing || procedure !== 'revocation.push') throw new Error('not now');
    const { revocations } = pushRevocationsInput.parse(input);
    standIn.revoked.push(...revocations.flatMap(({ subjects }) => subjects));
    return { sequence: standIn.revoked.length };
  }

  const service = await startServiceStandIn({
    service: 'identity',
    from: 'tenancy',
    trustedKeysFile,
    answer,
  });
  const standIn: IdentityStandIn = Object.assign(service, { revoked: [], isFailing: false });
  return standIn;
}
