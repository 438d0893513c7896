import { AppError, type AuditEntry, type Call } from '@plinth/contracts';
import { lookupFault } from '@plinth/database';
import { toAppError } from '../query/sqlstate.ts';
import type { Preferences } from '../request/ast.ts';
import { contextOf } from '../rows/context.ts';
import type { Once } from '../rows/once.ts';
import type { OpenedWorkspace, Workspaces } from '../rows/workspace.ts';
import type { WriteDeps } from '../rows/write.ts';
import type { BatchResults, RunBatch } from './batch.schema.ts';
import { type Done, type Operation, stepOf } from './operation.ts';
import { referringBefore, referringTo } from './references.ts';

// Several operations in one transaction: all of them are done, or none. Each sees what those before it did. All are planned before the
// first is run, so that most of what can be refused is refused with nothing done.

interface BatchDeps extends Pick<WriteDeps, 'audit'> {
  workspaces: Workspaces;
  once: Once;
}

export interface Batch {
  operations: readonly Operation[];
  isolation: Preferences['isolation'];
  content: readonly string[];
  signal: AbortSignal | undefined;
}

/** An error says in which operation it is. */
function inOperation(operation: number, error: unknown): unknown {
  if (!(error instanceof AppError)) return error;
  const { code, message, details, headers, retryAfter } = error;
  return new AppError(code, {
    message,
    details: { ...details, operation },
    headers,
    cause: error,
    ...(retryAfter !== undefined && { retryAfter }),
  });
}

function eachOf<Item, Made>(items: readonly Item[], make: (item: Item, index: number) => Made): Made[] {
  return items.map((item, index) => {
    try {
      return make(item, index);
    } catch (error) {
      throw inOperation(index, error);
    }
  });
}

export function createBatchService({ workspaces, once, audit }: BatchDeps) {
  async function run(call: Call, { operations, isolation, content, signal }: Batch): Promise<Done[]> {
    const steps = eachOf(operations, (operation) => stepOf(call, operation));
    function planAll(opened: OpenedWorkspace): OpenedWorkspace {
      eachOf(steps, (step, index) => step(opened, referringBefore(index)));
      return opened;
    }
    const planned = workspaces.planWith(call, planAll).catch((error: unknown) => {
      throw call.idempotencyKey === undefined ? error : lookupFault(error);
    });
    const { plan: opened, place, mayKnow } = await planned;
    const path = `/v1/postgres/${call.caller.workspaceId}/batch`;
    const context = contextOf(call, place, { method: 'POST', path, isReadOnly: false, isolation });
    return once.run(call, {
      place,
      work: { context, signal, mayKnow },
      key: once.keyOf(call, content),
      async take(send) {
        const done: Done[] = [];
        const entries: AuditEntry[] = [];
        for (const [index, step] of steps.entries()) {
          try {
            const { statements, take, entryOf } = step(opened, referringTo(done));
            const one = take(await send(...statements));
            done.push(one);
            if (entryOf) entries.push(entryOf(one));
          } catch (error) {
            throw inOperation(index, toAppError(error, { isReadOnly: false, mayKnow }));
          }
        }
        for (const entry of entries) await audit(call, entry);
        return done;
      },
    });
  }

  return {
    run,

    async runTyped(
      call: Call,
      { operations, isolation }: RunBatch,
      signal?: AbortSignal,
    ): Promise<BatchResults> {
      const done = await run(call, {
        operations: operations.map(({ body, ...operation }) => ({
          ...operation,
          body: body === undefined ? undefined : JSON.stringify(body),
        })),
        isolation,
        // The input, which the call itself knows, is all there is.
        content: [],
        signal,
      });
      return {
        results: done.map(({ status, headers, body }) => ({
          status,
          headers,
          body: body === null ? null : JSON.parse(body),
        })),
      };
    },
  };
}

export type BatchService = ReturnType<typeof createBatchService>;
