import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { HEADERS } from '@plinth/contracts';
import { createPassportVerifier, createServiceTokenVerifier, createTrust } from '@plinth/passport';
import { createLogger, createMetrics, createService, createTracing, initService } from '@plinth/service';
import { createTestKeys, testMember } from '@plinth/testing';
import { z } from 'zod';
import { type Route, routesFor } from '../routes.ts';
import { LIMITS, startGateway, tokenOf, type TestGateway, type TestGatewayOptions } from '../test-gateway.ts';

// A gateway and a real service of the kit behind it, with real passports: what a hostile request does to the two of them.

const { router, procedure, internalProcedure } = initService<object>();

const marker = z.string().max(200).meta({ description: 'What comes back.', example: 'a' });
const note = z
  .object({ marker, address: z.string().meta({ description: 'Where the caller is.', example: '10.0.0.1' }) })
  .meta({ id: 'Note', description: 'A note.' });

const noteRouter = router({
  get: procedure
    .meta({
      summary: 'Get a note',
      permission: 'signedIn',
      rest: [{ method: 'GET', path: '/v1/notes/{marker}', dialect: 'platform' }],
    })
    .input(z.strictObject({ marker }))
    .output(note)
    .query(({ ctx, input }) => ({ ...input, address: ctx.call.clientAddress ?? '' })),
  write: procedure
    .meta({
      summary: 'Write a note',
      permission: 'signedIn',
      rest: [
        { method: 'POST', path: '/v1/notes', dialect: 'platform' },
        { method: 'POST', path: '/api/v1/organizations/{org_id}/notes', dialect: 'organization' },
      ],
    })
    .input(
      z.strictObject({
        marker,
        itemLimit: z.number().int().optional().meta({ description: 'How many.', example: 3 }),
        settings: z
          .record(z.string(), z.json())
          .optional()
          .meta({ description: 'Whatever the user keeps here.', example: { a: 1 } }),
      }),
    )
    .output(note)
    .mutation(({ ctx, input }) => ({ marker: input.marker, address: ctx.call.clientAddress ?? '' })),
});

const internalRouter = router({
  ping: internalProcedure
    .meta({ summary: 'Ping', permission: 'anonymous', callers: ['gateway'] })
    .input(z.strictObject({}))
    .output(z.strictObject({}))
    .query(() => ({})),
});

export const owner = testMember('owner');

function routesOf(carrier: Route['carrier']): Route[] {
  const rows = routesFor('keycloak').filter(({ service }) => service === 'tenancy');
  const notes = rows.slice(0, 1).map((row) => ({ ...row, prefix: '/v1/notes', scope: [] }));
  return [...notes, ...rows].map((row) => ({ ...row, carrier, idempotency: 'optional' as const }));
}

/** A request as it came out at the service. */
export type Seen = Pick<IncomingMessage, 'method' | 'url' | 'headers' | 'rawHeaders'>;

export interface Series {
  gateway: TestGateway;
  /** The service's own port. */
  servicePort: number;
  serviceUrl: string;
  /** What it has been asked, through the gateway or not. */
  seen: Seen[];
  /** What it has written to its log. */
  lines: Record<string, unknown>[];
  /** What proves a caller at the gateway, and at the service. */
  credential(): string;
  passport(): Promise<string>;
  keys: Awaited<ReturnType<typeof createTestKeys>>;
  close(): Promise<void>;
}

export async function startSeries(
  carrier: Route['carrier'] = 'json',
  options: TestGatewayOptions = {},
): Promise<Series> {
  const keys = await createTestKeys();
  const trust = createTrust({ trustedKeysFile: keys.settings('tenancy').TRUSTED_KEYS_FILE });
  const seen: Seen[] = [];
  const lines: Record<string, unknown>[] = [];
  const tracing = createTracing('tenancy', undefined);
  const service = await createService({
    name: 'tenancy',
    router: router({ note: noteRouter }),
    internalRouter,
    resources: { note: 'What somebody wrote down.' },
    services: {},
    passports: createPassportVerifier({ trust, service: 'tenancy' }),
    serviceTokens: createServiceTokenVerifier({ trust, service: 'tenancy' }),
    log: createLogger({
      name: 'tenancy',
      level: 'info',
      output: { write: (line) => void lines.push(JSON.parse(line)) },
    }),
    metrics: createMetrics('tenancy'),
    tracing,
  });
  service.server.on('request', ({ method, url, headers, rawHeaders }) =>
    seen.push({ method, url, headers, rawHeaders }),
  );
  const serviceUrl = await service.listen({ host: '127.0.0.1', port: 0 });
  const gateway = await startGateway({
    routes: routesOf(carrier),
    services: { tenancy: serviceUrl },
    exchange: async ({ service: audience }) => ({
      passport: await keys.passport(owner, audience),
      expiresAt: Date.now() / 1_000 + 30,
      limits: LIMITS,
    }),
    // What is large may take a busy machine longer than a caller is made to wait.
    answerWithinMs: { json: 60_000, stream: 60_000 },
    ...options,
  });
  return {
    gateway,
    servicePort: Number(new URL(serviceUrl).port),
    serviceUrl,
    seen,
    lines,
    keys,
    credential: () => `Authorization: Bearer ${tokenOf()}`,
    passport: async () => `${HEADERS.passport}: ${await keys.passport(owner, 'tenancy')}`,
    async close() {
      await gateway.close();
      await service.close();
      await tracing.close();
      await keys.remove();
    },
  };
}

export interface Told {
  status: number;
  headers: string;
  body: string;
}

/** Writes bytes as they are and reads all answers, until the other side closes or says no more for a while. */
export function converse(port: number, bytes: string | Buffer, quietMs = 5_000): Promise<Told[]> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
    });
    let received = '';
    socket.setTimeout(quietMs, () => socket.destroy());
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answersIn(received)));
  });
}

/** Answers one after another, as their own framing says. That of a HEAD announces a body and has none; Node's own are chunked and empty. */
export function answersIn(text: string): Told[] {
  const answers: Told[] = [];
  let rest = text;
  for (;;) {
    const head = /^HTTP\/1\.1 (\d{3})[^\r]*\r\n((?:[^\r]+\r\n)*)\r\n/.exec(rest);
    if (!head) break;
    const [all, status = '', headers = ''] = head;
    rest = rest.slice(all.length);
    if (/^transfer-encoding: chunked$/im.test(headers)) rest = rest.replace(/^0\r\n\r\n/, '');
    const announced = Number(/^content-length: (\d+)$/im.exec(headers)?.[1] ?? 0);
    const length = rest.startsWith('HTTP/1.1 ') ? 0 : announced;
    answers.push({ status: Number(status), headers, body: rest.slice(0, length) });
    rest = rest.slice(length);
  }
  if (rest !== '') answers.push({ status: 0, headers: '', body: rest });
  return answers;
}
