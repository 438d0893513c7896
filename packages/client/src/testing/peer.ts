import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

// A server of one's own to call: it remembers what it was sent, and answers as it is told.

export interface Received {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
}

export interface Reply {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

/** `hang` never answers, `break` closes the connection. */
export type Fault = Reply | 'hang' | 'break';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface Peer {
  url: string;
  received: Received[];
  /** What the next requests get instead of the handler's answer. */
  faults: Fault[];
  close(): Promise<void>;
}

function give(response: ServerResponse, { status, headers = {}, body }: Reply): void {
  const isText = typeof body === 'string';
  response.writeHead(status, { 'content-type': isText ? 'text/html' : 'application/json', ...headers });
  response.end(isText ? body : JSON.stringify(body));
}

export async function startPeer(handle: Handler): Promise<Peer> {
  const received: Received[] = [];
  const faults: Fault[] = [];
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://peer');
    const { method = '', headers } = request;
    received.push({ method, path: pathname, query: searchParams, headers });
    const fault = faults.shift();
    if (fault === undefined) handle(request, response);
    else if (fault === 'break') request.socket.destroy();
    else if (fault !== 'hang') give(response, fault);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port }: AddressInfo = addressOf(server.address());

  return {
    url: `http://127.0.0.1:${port}`,
    received,
    faults,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('the peer has no port');
  return address;
}

/** A handler from what to reply to a form. */
export function replyToForms(reply: (path: string, form: URLSearchParams) => Reply): Handler {
  return (request, response) => {
    text(request).then((body) => give(response, reply(request.url ?? '', new URLSearchParams(body))));
  };
}
