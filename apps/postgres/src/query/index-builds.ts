import { AppError } from '@plinth/contracts';
import pg from 'pg';
import type { Place } from '../placement/place.ts';
import type { Placements } from '../placement/placement.service.ts';
import { requestCancel } from './cancel.ts';

// An index of a large table is built beside the work of others, which no transaction can hold and no request can wait for. It has
// a connection of its own, straight to the server; when this process is gone the server goes on with it, and holds the workspace's
// only turn until it has ended.

export interface Build {
  /** Throws what Postgres refused. */
  ended: Promise<void>;
  cancel(): Promise<void>;
}

export interface IndexBuilds {
  begin(place: Place, text: string): Promise<Build>;
  close(): void;
}

const MOST_BUILDS = 10;
const CONNECT_TIMEOUT_MS = 2_500;
/** It waits for whoever has used the table before it, for as long as they take. */
const OPTIONS = '-c statement_timeout=1h -c lock_timeout=0 -c search_path=pg_catalog';

export function createIndexBuilds({ placements }: { placements: Pick<Placements, 'urlOf'> }): IndexBuilds {
  const clients = new Set<pg.Client>();

  async function connect(place: Place): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: placements.urlOf(place, 'owner'),
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      application_name: 'plinth-postgres index',
      keepAlive: true,
      options: OPTIONS,
    });
    // Whoever waits for its query hears of it.
    client.on('error', () => undefined);
    clients.add(client);
    client.once('end', () => clients.delete(client));
    try {
      await client.connect();
      return client;
    } catch (error) {
      clients.delete(client);
      throw new AppError('DATABASE_UNAVAILABLE', { cause: error });
    }
  }

  return {
    async begin(place, text) {
      if (clients.size >= MOST_BUILDS) throw new AppError('OVERLOADED');
      const client = await connect(place);
      const leave = () => client.end().catch(() => undefined);
      try {
        const { rows } = await client.query<{ isMine: boolean }>('select plinth.begin_build() as "isMine"');
        if (!rows[0]?.isMine) {
          throw new AppError('LOCKED', {
            message: 'Another index of the workspace is being built; send it again when that is done',
            details: { retryable: true },
          });
        }
      } catch (error) {
        void leave();
        throw error;
      }
      return {
        ended: client.query(text).then(leave, async (error: unknown) => {
          await leave();
          throw error;
        }),
        cancel: () => requestCancel(client),
      };
    },

    close() {
      for (const { connection } of clients) connection.stream.destroy();
    },
  };
}
