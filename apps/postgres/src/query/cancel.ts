import { once } from 'node:events';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type pg from 'pg';

// Asks a server to give up what a connection runs. The request goes over a connection of its own, which the server closes
// once it has passed it on; whether there was anything to give up it does not say.

const CANCEL_REQUEST = (1234 << 16) | 5678;
const SSL_REQUEST = (1234 << 16) | 5679;
const PATIENCE_MS = 2_000;

/** What the driver knows of a session and its types do not tell. */
interface Session {
  host: string;
  port: number;
  ssl: pg.ClientConfig['ssl'];
  processID: number;
  secretKey: number;
}

const isSession = (client: object): client is Session =>
  'processID' in client && typeof client.processID === 'number' && 'secretKey' in client;

function message(...words: number[]): Buffer {
  const bytes = Buffer.alloc(4 * (words.length + 1));
  bytes.writeInt32BE(bytes.length, 0);
  for (const [index, word] of words.entries()) bytes.writeInt32BE(word, 4 * (index + 1));
  return bytes;
}

const isPath = (host: string): boolean => host.startsWith('/');

function dial({ host, port }: Session): Socket {
  return isPath(host) ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
}

async function secured(socket: Socket, { host, ssl }: Session, signal: AbortSignal): Promise<Socket> {
  socket.write(message(SSL_REQUEST));
  const [answer] = await once(socket, 'data', { signal });
  if (String(answer) !== 'S') throw new Error('the server does not encrypt');
  const name = isIP(host) === 0 ? { servername: host } : {};
  const secure = connectTls({ ...(typeof ssl === 'object' && ssl), ...name, host, socket });
  secure.on('error', () => undefined);
  await once(secure, 'secureConnect', { signal });
  return secure;
}

/** Comes back when the server has passed the request on, or cannot be reached. */
export async function requestCancel(client: pg.Client): Promise<void> {
  if (!isSession(client)) return;
  const socket = dial(client);
  const gone = new AbortController();
  const { signal } = gone;
  // A server that cannot be reached is heard of on the connection itself.
  socket.on('error', () => undefined).on('close', () => gone.abort());
  socket.setTimeout(PATIENCE_MS, () => socket.destroy());
  try {
    await once(socket, 'connect', { signal });
    const wire = client.ssl ? await secured(socket, client, signal) : socket;
    wire.resume().write(message(CANCEL_REQUEST, client.processID, client.secretKey));
    if (!signal.aborted) await once(signal, 'abort');
  } catch {
    socket.destroy();
  }
}
