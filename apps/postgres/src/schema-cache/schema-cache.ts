import { AppError, type ErrorCode } from '@plinth/contracts';
import { createLeastUsed } from '../least-used.ts';
import type { Place } from '../placement/place.ts';
import type { WorkspaceSchema } from './schema.ts';

// The schemas of the workspaces that were used of late. Each is asked for when it is first needed, by all who need it together, on
// connections of that workspace alone, so none waits for another. What changes is told: here by `invalidate`, of other replicas
// by the database. A name that is not found is looked for once more in a schema that is newer than the request, or known to be as it
// was: to ask for that is cheap.

export interface SchemaCache {
  /** What `plan` makes of the schema. Where it misses something there, it is tried again with a newer one. */
  with<T>(place: Place, plan: (schema: WorkspaceSchema) => T): Promise<T>;
  /** The schema has changed: by its name in the database. */
  invalidate(schema: string): void;
  /** Anything may have changed there: by the database. */
  invalidateDatabase(cluster: string, database: string): void;
}

export interface SchemaCacheOptions {
  load(place: Place): Promise<WorkspaceSchema | undefined>;
  /** The `version` that it would have if it were loaded now. */
  versionOf(place: Place): Promise<string>;
  /** Whether changes there are heard of at once. */
  isHeard(place: Place): boolean;
  maxWorkspaces?: number;
}

interface Entry {
  place: Place;
  schema: WorkspaceSchema | undefined;
  /** The turn in which `schema` was loaded, or last found to be the same: it holds what was so before that. */
  turn: number;
  /** The last turn in which something is known to have changed. */
  changed: number;
  /** By `performance.now()`, when the load of `schema` began. */
  loadedAt: number;
  loading: Promise<void> | undefined;
}

const MAX_WORKSPACES = 2_000;
/** Without news from the database. */
const MAX_AGE_UNHEARD_MS = 900;
/** With them: what the database does not tell of (a grant by hand) is found out in the background. */
const MAX_AGE_MS = 30_000;

/** What a plan says when it misses something, or a right to it. */
const MISSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'TABLE_NOT_FOUND',
  'COLUMN_NOT_FOUND',
  'FUNCTION_NOT_FOUND',
  'RELATIONSHIP_NOT_FOUND',
  'PERMISSION_DENIED',
]);

const isMissing = (error: unknown): boolean => error instanceof AppError && MISSING.has(error.code);

export function createSchemaCache(options: SchemaCacheOptions): SchemaCache {
  const { load, versionOf, isHeard, maxWorkspaces = MAX_WORKSPACES } = options;
  const entries = createLeastUsed<Entry>(maxWorkspaces);
  /** Counts loads and changes, so that which came first is never a question of clocks. */
  let turns = 0;

  function entryOf(place: Place): Entry {
    const known = entries.get(place.schema);
    if (known) {
      known.place = place;
      return known;
    }
    const entry: Entry = {
      place,
      schema: undefined,
      turn: 0,
      changed: 0,
      loadedAt: 0,
      loading: undefined,
    };
    entries.add(place.schema, entry);
    return entry;
  }

  async function loadNow(entry: Entry): Promise<void> {
    turns += 1;
    const turn = turns;
    const at = performance.now();
    const schema = await load(entry.place);
    if (!schema) throw new AppError('WORKSPACE_NOT_FOUND');
    entry.schema = schema;
    entry.turn = turn;
    entry.loadedAt = at;
  }

  /** Loads it only where something came to it or went. */
  async function lookNow(entry: Entry): Promise<void> {
    const { schema, changed } = entry;
    if (schema && entry.turn > changed) {
      turns += 1;
      const turn = turns;
      if ((await versionOf(entry.place)) === schema.version) {
        entry.turn = turn;
        return;
      }
    }
    await loadNow(entry);
  }

  /** By all who need it together. */
  const together = (entry: Entry, work: (entry: Entry) => Promise<void>): Promise<void> => {
    entry.loading ??= work(entry).finally(() => {
      entry.loading = undefined;
    });
    return entry.loading;
  };

  /** A schema whose load began after the given turn. */
  async function newerThan(entry: Entry, turn: number): Promise<WorkspaceSchema> {
    while (!entry.schema || entry.turn <= Math.max(turn, entry.changed)) await together(entry, loadNow);
    return entry.schema;
  }

  /** The schema at hand, if it is known to hold. */
  function current(entry: Entry): WorkspaceSchema | undefined {
    if (!entry.schema || entry.turn <= entry.changed) return undefined;
    const age = performance.now() - entry.loadedAt;
    if (age > MAX_AGE_UNHEARD_MS && !isHeard(entry.place)) return undefined;
    if (age > MAX_AGE_MS) together(entry, loadNow).catch(() => undefined);
    return entry.schema;
  }

  /** A schema that is newer than the request, which came in that turn; undefined if it is the one that was seen. */
  async function look(
    entry: Entry,
    seen: WorkspaceSchema,
    turn: number,
  ): Promise<WorkspaceSchema | undefined> {
    while (entry.turn <= turn) await together(entry, lookNow);
    return entry.schema === seen ? undefined : entry.schema;
  }

  return {
    async with(place, plan) {
      const entry = entryOf(place);
      const asked = turns;
      const schema = current(entry) ?? (await newerThan(entry, entry.schema ? entry.turn : 0));
      try {
        return plan(schema);
      } catch (error) {
        if (!isMissing(error)) throw error;
        const newer = await look(entry, schema, asked);
        if (!newer) throw error;
        return plan(newer);
      }
    },
    invalidate(schema) {
      turns += 1;
      const entry = entries.get(schema);
      if (entry) entry.changed = turns;
    },
    invalidateDatabase(cluster, database) {
      turns += 1;
      for (const entry of entries.values()) {
        const { place } = entry;
        if (place.cluster === cluster && place.database === database) entry.changed = turns;
      }
    },
  };
}
