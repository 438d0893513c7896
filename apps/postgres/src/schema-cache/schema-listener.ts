import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@plinth/contracts';
import pg from 'pg';
import { SCHEMA_CHANNEL } from '../cluster/changes.ts';
import type { Place } from '../placement/place.ts';

// Hears from each database which of its schemas have changed, whichever replica changed them. A connection that is lost may have
// missed something, so when it is back everything of its database counts as changed; and it asks every second whether it is
// still there, for a wire that is cut says nothing.

export interface SchemaListener {
  /** Whether changes of the place's database are heard of; the first question begins to listen. */
  isHeard(place: Place): boolean;
  close(): Promise<void>;
}

export interface SchemaListenerOptions {
  /** Of a login that may connect there. Undefined for a cluster that cannot be listened to. */
  urlOf(cluster: string, database: string): string | undefined;
  onChange(schema: string): void;
  onDoubt(cluster: string, database: string): void;
  log: Log;
}

interface Listening {
  isHeard: boolean;
  ended: Promise<void>;
}

const HEARTBEAT_MS = 1_000;
const TIMEOUT_MS = 1_000;
const PAUSES_MS = [100, 250, 500, 1_000, 2_000];

export function createSchemaListener(options: SchemaListenerOptions): SchemaListener {
  const { urlOf, onChange, onDoubt, log } = options;
  const databases = new Map<string, Map<string, Listening>>();
  const closing = new AbortController();
  const { signal } = closing;

  const pause = (ms: number) => sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);

  /** Comes back when the connection is lost. */
  async function hear(url: string, place: Place, listening: Listening, onHeard: () => void): Promise<void> {
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: TIMEOUT_MS,
      query_timeout: HEARTBEAT_MS,
      application_name: 'plinth-postgres listener',
    });
    client.on('error', () => {
      listening.isHeard = false;
    });
    client.on('notification', ({ channel, payload }) => {
      if (channel === SCHEMA_CHANNEL && payload) onChange(payload);
    });
    try {
      await client.connect();
      await client.query(`listen ${SCHEMA_CHANNEL}`);
      onDoubt(place.cluster, place.database);
      listening.isHeard = true;
      onHeard();
      while (listening.isHeard && !signal.aborted) {
        await pause(HEARTBEAT_MS);
        await client.query('select 1');
      }
    } finally {
      listening.isHeard = false;
      // A server that hangs never confirms the goodbye.
      client.connection.stream.destroy();
    }
  }

  async function listen(url: string, place: Place, listening: Listening): Promise<void> {
    const { cluster, database } = place;
    let failures = 0;
    const onHeard = () => {
      if (failures > 0) log.info({ cluster, database }, 'changes of schemas are heard of again');
      failures = 0;
    };
    while (!signal.aborted) {
      try {
        await hear(url, place, listening, onHeard);
      } catch (err) {
        if (signal.aborted) return;
        if (failures === 0) log.warn({ err, cluster, database }, 'changes of schemas are not heard of');
        failures += 1;
      }
      await pause(PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)] ?? 0);
    }
  }

  function begin(place: Place): Listening {
    const { cluster, database } = place;
    const listening: Listening = { isHeard: false, ended: Promise.resolve() };
    const ofCluster = databases.get(cluster) ?? new Map<string, Listening>();
    databases.set(cluster, ofCluster.set(database, listening));
    const url = urlOf(cluster, database);
    if (url !== undefined && !signal.aborted) listening.ended = listen(url, place, listening);
    return listening;
  }

  return {
    isHeard: (place) => (databases.get(place.cluster)?.get(place.database) ?? begin(place)).isHeard,
    async close() {
      closing.abort();
      const all = [...databases.values()].flatMap((ofCluster) => [...ofCluster.values()]);
      await Promise.all(all.map(({ ended }) => ended));
    },
  };
}
