import { type Call, newUlid, type Shown } from '@plinth/contracts';
import type { ClaimedMutate, Effect } from '@plinth/database';
import type { Place } from '../placement/place.ts';
import type { Changed, SchemaChange, SchemaChanges } from './schema-change.ts';

// A change of a schema as a caller asks for it: once under its key, with its audit entry and event; or tried out, which has no
// effect, so nothing is recorded of it.

interface Asked<Seen, Answer> extends SchemaChange<Seen> {
  isDry: boolean;
  /** What no transaction can hold, after it; under one id perhaps again, so it goes by what was seen. */
  finish?(place: Place, seen: Seen): Promise<Seen>;
  /** The statements are told of a dry run only. */
  tell(changed: Changed<Seen>): Effect<Answer>;
}

export type RecordedChange = <Seen, Answer>(
  call: Call,
  asked: Asked<Seen, Answer>,
) => Promise<Answer | Shown<Answer>>;

export function createRecordedChange(deps: {
  schemas: SchemaChanges;
  mutate: ClaimedMutate;
}): RecordedChange {
  const { schemas, mutate } = deps;

  return async (call, asked) => {
    if (asked.isDry) return asked.tell(await schemas.tryOut(call.caller, newUlid(), asked)).result;
    return mutate(call, {
      async act({ id }) {
        const changed = await schemas.make(call.caller, id, asked);
        const { place, seen } = changed;
        return asked.finish ? { ...changed, seen: await asked.finish(place, seen) } : changed;
      },
      complete: async (_tx, changed) => asked.tell({ ...changed, sql: [] }),
    });
  };
}

interface Told {
  kind: string;
  /** The event's type, as `table.created`. */
  type: string;
  /** The name within the workspace. */
  id: string;
  data: Readonly<Record<string, unknown>>;
}

/** What is recorded and told of a change within a workspace. */
export function toldOf({ tenantId, workspaceId }: Place, { kind, type, id, data }: Told) {
  const subject = { kind, id };
  return {
    audit: { target: subject, tenantId, workspaceId, changes: data },
    event: { type, subject, tenantId, workspaceId, data: { ...data, name: id } },
  };
}
