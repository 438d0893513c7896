import type { Call, RevocationSubject } from '@plinth/contracts';
import type { Effect } from './mutate.ts';
import type { Relay } from './relay.ts';

/** What one call takes away, from its effect to its answer. */
export function createRevoking(call: Call, relay: Relay | undefined) {
  /** Of the attempt that was made last: it is the one that stands. */
  let revokes: readonly RevocationSubject[] = [];

  return {
    note(effect: Effect<unknown>): void {
      revokes = effect.revokes ?? [];
      if (revokes.length > 0 && !relay) throw new Error(`${call.operation} revokes, and nobody sends that`);
    },
    /** Once it is committed. A replay may be the first answer to be heard: it waits for what its original revoked. */
    async settled<Answer>(answer: Answer): Promise<Answer> {
      if (revokes.length > 0) call.revoked = revokes;
      if (revokes.length > 0 || call.replay) await relay?.settle(call.caller.organizationId);
      return answer;
    },
  };
}
