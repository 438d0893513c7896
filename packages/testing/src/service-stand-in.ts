import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { HEADERS, type ServiceName } from '@plinth/contracts';
import { createServiceTokenVerifier, createTrust } from '@plinth/passport';

// Stands in for a service on a loopback port: it answers internal procedures as a test tells it to, to whoever has a
// service token of the one that may call it, and to nobody else.

export interface ServiceStandIn {
  url: string;
  /** From now on it takes requests and never answers. */
  hang: boolean;
  stop(): Promise<void>;
}

export interface StandInOptions {
  /** For whom it stands in, and who may call it. */
  service: ServiceName;
  from: ServiceName;
  trustedKeysFile: string;
  answer(procedure: string, input: unknown): unknown;
}

export async function startServiceStandIn(options: StandInOptions): Promise<ServiceStandIn> {
  const { service, from, trustedKeysFile, answer } = options;
  const tokens = createServiceTokenVerifier({ trust: createTrust({ trustedKeysFile }), service });
  const server = createServer();

  async function answerTo(request: IncomingMessage): Promise<unknown> {
    const caller = await tokens.verify(String(request.headers[HEADERS.serviceToken]), undefined);
    if (caller !== from) throw new Error(`${caller} may not call ${service}`);
    return answer((request.url ?? '').replace('/internal/', ''), JSON.parse(await text(request)));
  }

  server.on('request', async (request, response) => {
    if (standIn.hang) return;
    try {
      const body = JSON.stringify({ result: { data: await answerTo(request) } });
      response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the listener has no port');
  const standIn: ServiceStandIn = {
    url: `http://127.0.0.1:${address.port}`,
    hang: false,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return standIn;
}
