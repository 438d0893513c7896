import { createHash } from 'node:crypto';
import type { Call } from '@plinth/contracts';
import { createPatience, lookupFault, requestKeyOf } from '@plinth/database';
import type { Place } from '../placement/place.ts';
import type { LoginPools, Run, Work } from '../query/login-pools.ts';

// A change of rows takes effect once: what is recorded of its key is written in the transaction of the rows themselves.

interface OnceDeps {
  pools: LoginPools;
  /** Of the master key, the newest first. */
  keys: readonly Buffer[];
}

export interface Change<Answer> {
  place: Place;
  work: Work;
  /** All that the request asks for beyond its path: another content under the same key is another request. */
  content: readonly (string | Buffer)[];
  take(run: Run): Promise<Answer>;
}

/** Plain JSON, for it may be replayed. */
export type Once = <Answer>(call: Call, change: Change<Answer>) => Promise<Answer>;

const BEGIN = `select answer, answered_request, expires_at from plinth.begin_request(
  pg_catalog.string_to_array($1, ' '), pg_catalog.string_to_array($2, ' '), $3)`;
const COMPLETE = 'select plinth.complete_request($1, $2)';

function digestOf(content: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of content) hash.update(`${part.length}\n`).update(part);
  return hash.digest('base64url');
}

export function createOnce({ pools, keys }: OnceDeps): Once {
  const patiently = createPatience();

  return async (call, { place, work, content, take }) => {
    const { idempotencyKey, caller, operation } = call;
    if (idempotencyKey === undefined) return pools.transaction(place, 'api', work, take);
    const digest = digestOf(content);
    const asked = { caller, operation, content: () => `${call.content()}\n${digest}` };
    const { hashes, fingerprints } = requestKeyOf(asked, idempotencyKey, keys);
    const texts = hashes.map((hash) => hash.toString('base64url'));
    const begin = { text: BEGIN, values: [texts.join(' '), fingerprints.join(' '), call.correlationId] };

    return patiently(call, async () => {
      let isLookedUp = false;
      try {
        return await pools.transaction(place, 'api', work, async (run, finish) => {
          const [[stored, requestId, expiresAt] = []] = await run(begin);
          isLookedUp = true;
          if (stored) {
            call.replay = {
              requestId: requestId ?? '',
              expiresAt: new Date(expiresAt ?? 0),
              isCurrent: false,
            };
            return JSON.parse(stored);
          }
          const answer = await take(run);
          await finish({ text: COMPLETE, values: [texts[0] ?? '', JSON.stringify(answer)] });
          return answer;
        });
      } catch (error) {
        throw isLookedUp ? error : lookupFault(error);
      }
    });
  };
}
