import { type Log, NEWEST_REVOCATION, REVOCATION_STREAM, type RevocationsSince } from '@plinth/contracts';
import { REDIS_OPTIONS } from '@plinth/service';
import { Redis } from 'ioredis';

// How gateways hear of a revocation before it is answered: they read this stream in the call that counts their limits.
// Gateways ask identity each second anyway, so it holds only what a busy second may bring.

const LENGTH = 1_000;
const TIMEOUT_MS = 250;

/** KEYS: the stream, the id of its newest entry. ARGV: subject and sequence of each revocation. */
const ADD_SCRIPT = `
for i = 1, #ARGV, 2 do
  local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ${LENGTH}, '*', 'subject', ARGV[i], 'sequence', ARGV[i + 1])
  redis.call('SET', KEYS[2], id)
end
`;

export interface RevocationStream {
  add(rows: RevocationsSince['revocations']): Promise<void>;
  check(): Promise<void>;
  close(): void;
}

interface StreamOptions {
  url: string;
  /** The newest number there is. */
  last: () => Promise<number>;
  log: Log;
}

export function createRevocationStream({ url, last, log }: StreamOptions): RevocationStream {
  const client = new Redis(url, { ...REDIS_OPTIONS, commandTimeout: TIMEOUT_MS });
  // Without a listener the first lost connection would end the process.
  client.on('error', () => {});
  client.on('ready', () => {
    begin().catch((err) => log.warn({ err }, 'the stream of revocations could not be begun'));
  });

  async function add(rows: readonly { subject: string; sequence: number }[]): Promise<void> {
    const fields = rows.flatMap(({ subject, sequence }) => [subject, sequence]);
    await client.eval(ADD_SCRIPT, 2, REVOCATION_STREAM, NEWEST_REVOCATION, ...fields);
  }

  /** An entry about nobody: a stream that is there tells gateways that they would hear of a revocation. */
  async function begin(): Promise<void> {
    await add([{ subject: '', sequence: await last() }]);
  }

  return {
    add,
    async check() {
      await client.ping();
    },
    close: () => client.disconnect(),
  };
}
