import { createHash } from 'node:crypto';
import type { Call } from '@plinth/contracts';
import { codeOf, createPatience, lookupFault, requestKeyOf } from '@plinth/database';
import { TOOK_EFFECT } from '../cluster/requests.ts';
import type { Place } from '../placement/place.ts';
import type { LoginPools, Run, Work } from '../query/login-pools.ts';

// A change of rows takes effect once: what is recorded of its key is written in the transaction of the rows themselves. A change of
// one statement that records itself is one round trip, from the claim of its key to its commit.

interface OnceDeps {
  pools: LoginPools;
  /** Of the master key, the newest first. */
  keys: readonly Buffer[];
}

/** What a request is known by: hashes of its idempotency key and of all that it asks for, those of the newest master key first. */
export interface RecordKey {
  hash: string;
  hashes: string;
  fingerprints: string;
}

export interface Change<Answer> {
  place: Place;
  work: Work;
  key: RecordKey | undefined;
  /** Its only statement records what it answers, and refuses by itself what is not as it was asked for. */
  recordsItself?: boolean;
  take(run: Run): Promise<Answer>;
}

export interface Once {
  /** `content` is all that the request asks for beyond its path: another one under the same key is another request. */
  keyOf(call: Call, content: readonly (string | Buffer)[]): RecordKey | undefined;
  /** The answer is plain JSON, for it may be replayed. */
  run<Answer>(call: Call, change: Change<Answer>): Promise<Answer>;
}

const ASKED = `(pg_catalog.string_to_array($1, ' '), pg_catalog.string_to_array($2, ' '), $3)`;
const BEGIN = `select answer, answered_request, expires_at from plinth.begin_request${ASKED}`;
const CLAIM = `select plinth.claim_request${ASKED}`;
const COMPLETE = 'select plinth.complete_request($1, $2)';

/** The record of an earlier request is to be answered. */
class TookEffect extends Error {}

function digestOf(content: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of content) hash.update(`${part.length}\n`).update(part);
  return hash.digest('base64url');
}

export function createOnce({ pools, keys }: OnceDeps): Once {
  const patiently = createPatience();

  const asking = ({ correlationId }: Call, { hashes, fingerprints }: RecordKey, text: string) => ({
    text,
    values: [hashes, fingerprints, correlationId],
  });

  /** What fails before the key was looked up did nothing. */
  async function lookedUp<T>(work: (onLookedUp: () => void) => Promise<T>): Promise<T> {
    let isLookedUp = false;
    try {
      return await work(() => {
        isLookedUp = true;
      });
    } catch (error) {
      throw isLookedUp ? error : lookupFault(error);
    }
  }

  const stepByStep = <Answer>(call: Call, key: RecordKey, change: Change<Answer>): Promise<Answer> =>
    lookedUp((onLookedUp) =>
      pools.transaction(change.place, 'api', change.work, async (run, finish) => {
        const [[stored, requestId, expiresAt] = []] = await run(asking(call, key, BEGIN));
        onLookedUp();
        if (stored) {
          call.replay = {
            requestId: requestId ?? '',
            expiresAt: new Date(expiresAt ?? 0),
            isCurrent: false,
          };
          return JSON.parse(stored);
        }
        const answer = await change.take(run);
        await finish({ text: COMPLETE, values: [key.hash, JSON.stringify(answer)] });
        return answer;
      }),
    );

  const inOneGo = <Answer>(call: Call, key: RecordKey, change: Change<Answer>): Promise<Answer> =>
    lookedUp((onLookedUp) =>
      pools.transaction(change.place, 'api', change.work, (_, finish) => {
        // What is on its way may take effect, whatever is heard of it.
        onLookedUp();
        return change.take(async (...statements) => {
          try {
            const [, ...rows] = await finish(asking(call, key, CLAIM), ...statements);
            return rows;
          } catch (error) {
            throw codeOf(error) === TOOK_EFFECT
              ? new TookEffect('it took effect before', { cause: error })
              : error;
          }
        });
      }),
    );

  return {
    keyOf(call, content) {
      const { idempotencyKey, caller, operation } = call;
      if (idempotencyKey === undefined) return undefined;
      const digest = digestOf(content);
      const asked = { caller, operation, content: () => `${call.content()}\n${digest}` };
      const { hashes, fingerprints } = requestKeyOf(asked, idempotencyKey, keys);
      const texts = hashes.map((hash) => hash.toString('base64url'));
      return { hash: texts[0] ?? '', hashes: texts.join(' '), fingerprints: fingerprints.join(' ') };
    },

    async run(call, change) {
      const { key, recordsItself = false } = change;
      if (!key) return pools.transaction(change.place, 'api', change.work, change.take);
      return patiently(call, async () => {
        if (!recordsItself) return stepByStep(call, key, change);
        try {
          return await inOneGo(call, key, change);
        } catch (error) {
          if (error instanceof TookEffect) return stepByStep(call, key, change);
          throw error;
        }
      });
    },
  };
}
