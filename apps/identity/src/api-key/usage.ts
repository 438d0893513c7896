import { type AuditedCall, isIdOf, type Log } from '@plinth/contracts';
import { type Database, type Queryable, recordAudit } from '@plinth/database';
import { originOf } from './check.ts';

// When a key or a service account was used last, and from where. A use only writes into memory; what is there goes to the database once a minute,
// or as soon as there is much of it. The first use in a day is an audit entry. A crash loses a minute of this, and nothing else.

const INTERVAL_MS = 60_000;
const MOST = 1_000;
const MINUTE_MS = 60_000;

interface Use {
  call: AuditedCall;
  at: Date;
}

interface Known {
  id: string;
  organizationId: string;
  /** Null, or on an earlier day. */
  isFirstToday: boolean;
}

export interface KeyUsage {
  note(id: string, call: AuditedCall, clientAddress: string | undefined): void;
  flush(): Promise<void>;
  close(): Promise<void>;
}

const KINDS = {
  apiKey: { table: 'api_key', operation: 'apiKey.use' },
  serviceAccount: { table: 'service_account', operation: 'serviceAccount.use' },
} as const;
type Kind = keyof typeof KINDS;

/** By its own token, not by a key of it. */
const kindOf = (id: string): Kind => (isIdOf('serviceAccount', id) ? 'serviceAccount' : 'apiKey');

/** In the order of their ids, so that two replicas never wait for each other. */
const lockSql = (table: string) => `select k.id, k.organization_id as "organizationId",
    k.last_used_at is null or date_trunc('day', k.last_used_at) < date_trunc('day', used.at) as "isFirstToday"
  from unnest($1::text[], $2::timestamptz[]) as used (id, at) join ${table} k on k.id = used.id
  order by k.id for no key update of k`;

const forwardSql = (
  table: string,
) => `update ${table} k set last_used_at = used.at, last_used_from = used.address
  from unnest($1::text[], $2::timestamptz[], $3::text[]) as used (id, at, address)
  where k.id = used.id and (k.last_used_at is null or k.last_used_at < used.at)`;

/** A service account is used by each of its keys, too. */
const OWNERS_FORWARD = `update service_account a set last_used_at = used.at, last_used_from = used.address
  from (
    select distinct on (k.owner_id) k.owner_id, u.at, u.address
    from unnest($1::text[], $2::timestamptz[], $3::text[]) as u (id, at, address) join api_key k on k.id = u.id
    where k.owner_id like 'sva\\_%' order by k.owner_id, u.at desc
  ) used
  where a.id = used.owner_id and (a.last_used_at is null or a.last_used_at < used.at)`;

async function write(tx: Queryable, kind: Kind, uses: ReadonlyMap<string, Use>): Promise<void> {
  const ids = [...uses.keys()].filter((id) => kindOf(id) === kind);
  if (ids.length === 0) return;
  const all = ids.map((id) => uses.get(id));
  const instants = all.map((use) => use?.at.toISOString());
  const { table } = KINDS[kind];
  const known = await tx.query<Known & Record<string, unknown>>(lockSql(table), [ids, instants]);
  const values = [ids, instants, all.map((use) => use?.call.clientAddress ?? null)];
  await tx.query(forwardSql(table), values);
  if (kind === 'apiKey') await tx.query(OWNERS_FORWARD, values);
  for (const { id, organizationId, isFirstToday } of known) {
    const use = uses.get(id);
    if (!isFirstToday || !use) continue;
    const actor = { kind, id };
    await recordAudit(tx, use.call, { actor, target: actor, organizationId }, use.at);
  }
}

async function writeAllOf(tx: Queryable, uses: ReadonlyMap<string, Use>): Promise<void> {
  await write(tx, 'apiKey', uses);
  await write(tx, 'serviceAccount', uses);
}

export function createKeyUsage({ database, log }: { database: Database; log: Log }): KeyUsage {
  let uses = new Map<string, Use>();
  let writing: Promise<void> = Promise.resolve();

  async function writeAll(): Promise<void> {
    const taken = uses;
    if (taken.size === 0) return;
    uses = new Map();
    try {
      await database.transaction((tx) => writeAllOf(tx, taken), { retry: true });
    } catch (err) {
      log.warn({ err, keys: taken.size }, 'when keys were used last could not be written');
      // What was used since is newer; while the database is away there is no room for more than this.
      if (uses.size + taken.size <= 2 * MOST) uses = new Map([...taken, ...uses]);
    }
  }

  function flush(): Promise<void> {
    writing = writing.then(writeAll);
    return writing;
  }

  const timer = setInterval(flush, INTERVAL_MS);
  timer.unref();

  return {
    note(id, call, clientAddress) {
      const at = new Date(Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS);
      uses.set(id, { call: { ...originOf(call, KINDS[kindOf(id)].operation), clientAddress }, at });
      if (uses.size === MOST) void flush();
    },
    flush,
    async close() {
      clearInterval(timer);
      await flush();
    },
  };
}
