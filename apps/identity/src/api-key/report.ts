import { createHash } from 'node:crypto';
import { API_KEY_PATTERN, type ApiKeyText, AppError, type Call, readApiKey } from '@plinth/contracts';
import { changeOf, type Database, type Mutate } from '@plinth/database';
import { apiKeyRepo } from './api-key.repo.ts';
import type { LeakReport } from './api-key.schema.ts';
import { told } from './api-key.service.ts';
import { type KnownKey, knownKeyRepo } from './known-key.repo.ts';
import type { Pepper } from './pepper.ts';

// Anybody who has found keys where they should not be can say so: those that are real stop to work, for good, and their
// organizations are told. Whoever reports learns nothing, and takes nothing away that the key itself would not have given.

interface ReportDeps {
  database: Database;
  mutate: Mutate;
  pepper: Pepper;
}

/** They are found in a line of code or an address as well as alone. */
const KEYS = new RegExp(API_KEY_PATTERN, 'g');
const AT_ONCE = 4;
/** More would not fit into the headers of an answer; gateways hear of them within a second all the same. */
const MOST_TOLD = 100;

/** Each is a change of its own, to be made once whatever is sent with it: what has leaked cannot leak again. */
const changeIn = (call: Call): Call => ({
  caller: call.caller,
  operation: call.operation,
  correlationId: call.correlationId,
  apiVersion: call.apiVersion,
  traceparent: call.traceparent,
  clientAddress: call.clientAddress,
  userAgent: call.userAgent,
  idempotencyKey: undefined,
  content: () => '',
  replay: undefined,
});

export function createLeakReports({ database, mutate, pepper }: ReportDeps) {
  async function realOnes(texts: readonly string[]): Promise<KnownKey[]> {
    const shown = new Map<string, ApiKeyText>();
    for (const [text] of texts.flatMap((found) => [...found.matchAll(KEYS)])) {
      const parts = readApiKey(text);
      if (parts) shown.set(parts.id, parts);
    }
    const known = await knownKeyRepo(database).findAll([...shown.keys()]);
    return known.filter((key) => {
      const secret = shown.get(key.publicId)?.secret ?? '';
      const digest = createHash('sha256').update(secret).digest('base64url');
      return pepper.matches(digest, key) && !key.isLeaked && !key.isDeleted;
    });
  }

  async function end(call: Call, { id, organizationId }: KnownKey): Promise<void> {
    await mutate(call, async (tx) => {
      const keys = apiKeyRepo(tx);
      const before = await keys.lock(organizationId, id);
      const after = before?.status === 'leaked' ? undefined : await keys.markLeaked(organizationId, id);
      if (!before || !after) throw new AppError('INVALID_STATE');
      const change = changeOf({
        kind: 'apiKey',
        type: 'apiKey.leaked',
        before: told(before),
        after: told(after),
      });
      return {
        ...change,
        audit: { ...change.audit, organizationId },
        event: { ...change.event, organizationId },
        revokes: [`key:${id}`] as const,
      };
    });
  }

  return {
    async report(call: Call, { keys }: LeakReport): Promise<{ received: number }> {
      const waiting = await realOnes(keys);
      const ended: `key:${string}`[] = [];
      async function work(): Promise<void> {
        for (let key = waiting.pop(); key; key = waiting.pop()) {
          try {
            await end(changeIn(call), key);
            ended.push(`key:${key.id}`);
          } catch (error) {
            // Somebody else was faster.
            if (!(error instanceof AppError) || error.code !== 'INVALID_STATE') throw error;
          }
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      if (ended.length > 0) call.revoked = ended.slice(0, MOST_TOLD);
      return { received: keys.length };
    },
  };
}

export type LeakReports = ReturnType<typeof createLeakReports>;
