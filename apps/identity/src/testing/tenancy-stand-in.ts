import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import {
  HEADERS,
  type listMembershipsInput,
  type Membership,
  resolveAccessInput,
  resolveAccessOutput,
} from '@plinth/contracts';
import { createServiceTokenVerifier, createTrust } from '@plinth/passport';
import { TRPCError } from '@trpc/server';
import type { z } from 'zod';
import type { Access } from '../passport/place.ts';
import { listen } from './listen.ts';

// Stands in for tenancy on a loopback port: it answers the two internal procedures as a test tells it to, to whoever
// has a service token of identity for tenancy, and to nobody else.

type ResolveInput = z.output<typeof resolveAccessInput>;

export interface TenancyStandIn {
  url: string;
  /** What was asked, in order. */
  asked: ResolveInput[];
  resolve: (input: ResolveInput) => Access;
  memberships: (input: z.output<typeof listMembershipsInput>) => Membership[];
  /** From now on it takes requests and never answers. */
  hang: boolean;
  stop(): Promise<void>;
}

export async function startTenancyStandIn(trustedKeysFile: string): Promise<TenancyStandIn> {
  const tokens = createServiceTokenVerifier({ trust: createTrust({ trustedKeysFile }), service: 'tenancy' });
  const server = createServer();

  async function answer(request: IncomingMessage): Promise<unknown> {
    const caller = await tokens.verify(String(request.headers[HEADERS.serviceToken]), undefined);
    if (caller !== 'identity') throw new TRPCError({ code: 'UNAUTHORIZED' });
    const input = JSON.parse(await text(request));
    if (request.url === '/internal/access.memberships') return { memberships: standIn.memberships(input) };
    const asked = resolveAccessInput.parse(input);
    standIn.asked.push(asked);
    return resolveAccessOutput.parse(standIn.resolve(asked));
  }

  server.on('request', async (request, response) => {
    if (standIn.hang) return;
    try {
      const data = await answer(request);
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ result: { data } }));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  const port = await listen(server);
  const standIn: TenancyStandIn = {
    url: `http://127.0.0.1:${port}`,
    asked: [],
    resolve: () => ({ outcome: 'notMember' }),
    memberships: () => [],
    hang: false,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return standIn;
}
