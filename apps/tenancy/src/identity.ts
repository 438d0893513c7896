import { type IdentityInternal, pushRevocationsInput, type ServiceName } from '@plinth/contracts';
import { createReplicas, createServiceCaller } from '@plinth/rpc';

// What tenancy tells identity, as itself.

export interface Identity {
  /** Payloads of the outbox. */
  revoke(revocations: readonly unknown[]): Promise<void>;
  close(): Promise<void>;
}

interface IdentityOptions {
  urls: readonly string[];
  mintServiceToken(call: { audience: ServiceName; passport?: string | undefined }): Promise<string>;
}

export function createIdentity({ urls, mintServiceToken }: IdentityOptions): Identity {
  const caller = createServiceCaller<IdentityInternal>({
    service: 'identity',
    replicas: createReplicas(urls),
    mintServiceToken,
    // While it is away, each of these holds a connection to the database.
    timeoutMs: 2_000,
  });
  return {
    async revoke(revocations) {
      const input = pushRevocationsInput.parse({ revocations });
      await caller.call('revocation.push', input, { correlationId: 'revocation-relay' });
    },
    close: () => caller.close(),
  };
}
