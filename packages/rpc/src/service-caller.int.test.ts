import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { AppError, type TenancyInternal } from '@plinth/contracts';
import { initTRPC } from '@trpc/server';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { afterEach, describe, expect, it } from 'vitest';
import { createReplicas } from './replicas.ts';
import { createServiceCaller, type ServiceCaller, type ServiceCallerOptions } from './service-caller.ts';

interface Seen {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

const servers: Server[] = [];
const callers: ServiceCaller<TenancyInternal>[] = [];
const context = { correlationId: 'corr-0001' };
const granted = { result: { data: { memberships: [] } } };

async function listen(server: Server): Promise<string> {
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('no address');
  return `http://127.0.0.1:${address.port}`;
}

/** A peer that answers as the test says; `attempt` counts from 1. */
async function startPeer(
  answer: (res: ServerResponse, attempt: number) => void,
): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer(async (req, res) => {
    const { method, url, headers } = req;
    seen.push({ method, url, headers, body: await text(req) });
    answer(res, seen.length);
  });
  return { url: await listen(server), seen };
}

function callerOf(
  urls: string | string[],
  options: Partial<ServiceCallerOptions> = {},
): ServiceCaller<TenancyInternal> {
  const caller = createServiceCaller<TenancyInternal>({
    service: 'tenancy',
    replicas: createReplicas([urls].flat()),
    mintServiceToken: async ({ audience, passport }) => `${audience}+${passport ?? 'none'}`,
    ...options,
  });
  callers.push(caller);
  return caller;
}

function sendJson(res: ServerResponse, status: number, body: object): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

const memberships = (caller: ServiceCaller<TenancyInternal>, more: object = {}) =>
  caller.call('access.memberships', { userId: 'usr_1' }, { ...context, ...more });

afterEach(async () => {
  await Promise.all(callers.splice(0).map((caller) => caller.close()));
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe('a call', () => {
  it('posts its input with the passport, the service token and the trace', async () => {
    const { url, seen } = await startPeer((res) => sendJson(res, 200, granted));
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    expect(await memberships(callerOf(url), { passport: 'pass', traceparent })).toEqual({ memberships: [] });
    expect(seen).toMatchObject([
      {
        method: 'POST',
        url: '/internal/access.memberships',
        body: '{"userId":"usr_1"}',
        headers: {
          'content-type': 'application/json',
          'x-correlation-id': 'corr-0001',
          'x-plinth-passport': 'pass',
          'x-plinth-service': 'tenancy+pass',
          traceparent,
        },
      },
    ]);
  });

  it('as the service itself sends no passport', async () => {
    const { url, seen } = await startPeer((res) => sendJson(res, 200, granted));
    await memberships(callerOf(url));
    expect(seen[0]?.headers).toMatchObject({ 'x-plinth-service': 'tenancy+none' });
    expect(seen[0]?.headers).not.toHaveProperty('x-plinth-passport');
  });

  it('reaches tRPC queries and mutations alike', async () => {
    const t = initTRPC.create();
    const pass = (input: unknown): unknown => input;
    const router = t.router({
      access: t.router({
        memberships: t.procedure.input(pass).query(() => ({ memberships: [] })),
        resolve: t.procedure.input(pass).mutation(() => ({ outcome: 'notMember' })),
      }),
    });
    const handler = createHTTPHandler({ router, basePath: '/internal/', allowMethodOverride: true });
    const caller = callerOf(await listen(createServer(handler)));
    expect(await memberships(caller)).toEqual({ memberships: [] });
    const input = { userId: 'usr_1', emailVerified: true, scope: {} };
    expect(await caller.call('access.resolve', input, context)).toEqual({ outcome: 'notMember' });
  });
});

describe('a remote error', () => {
  it('comes back as the same AppError', async () => {
    const data = { code: 'QUOTA_EXCEEDED', correlationId: 'corr-0001', details: { quota: 2 }, retryAfter: 7 };
    const { url } = await startPeer((res) =>
      sendJson(res, 403, { error: { message: 'Two only', code: -32003, data } }),
    );
    const error = await memberships(callerOf(url)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({
      code: 'QUOTA_EXCEEDED',
      status: 403,
      message: 'Two only',
      details: { quota: 2 },
      retryAfter: 7,
    });
  });

  it.each<[string, (res: ServerResponse) => void]>([
    [
      'a code that is not in the catalogue',
      (res) => sendJson(res, 500, { error: { message: 'secret', data: { code: 'X' } } }),
    ],
    [
      'an error under a 200',
      (res) => sendJson(res, 200, { error: { message: 'no', data: { code: 'CONFLICT' } } }),
    ],
    ['a result under a 500', (res) => sendJson(res, 500, granted)],
    ['no JSON', (res) => res.writeHead(200).end('<html>secret</html>')],
    ['nothing', (res) => res.writeHead(204).end()],
    ['a redirect', (res) => res.writeHead(302, { location: '/elsewhere' }).end()],
  ])('that is %s is a bad gateway, and keeps its content to itself', async (_, answer) => {
    const { url, seen } = await startPeer(answer);
    const error = await memberships(callerOf(url)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'BAD_GATEWAY', message: expect.not.stringContaining('secret') });
    expect(seen).toHaveLength(1);
  });
});

describe('a broken connection', () => {
  it('is tried once more', async () => {
    const { url, seen } = await startPeer((res, attempt) =>
      attempt === 1 ? res.destroy() : sendJson(res, 200, granted),
    );
    expect(await memberships(callerOf(url))).toEqual({ memberships: [] });
    expect(seen).toHaveLength(2);
  });

  it('is tried once more and not for ever', async () => {
    const { url, seen } = await startPeer((res) => res.destroy());
    await expect(memberships(callerOf(url))).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(seen).toHaveLength(2);
  });

  it('is not tried again when the call may not be repeated', async () => {
    const { url, seen } = await startPeer((res) => res.destroy());
    const call = memberships(callerOf(url), { idempotent: false });
    await expect(call).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(seen).toHaveLength(1);
  });

  it('in the middle of an answer is one as well', async () => {
    const { url } = await startPeer((res) => {
      res.writeHead(200, { 'content-length': 100 }).write('{"result"');
      setImmediate(() => res.destroy());
    });
    await expect(memberships(callerOf(url))).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });

  it('that nobody accepts says that the service is away', async () => {
    const gone = createServer();
    const url = await listen(gone);
    gone.close();
    await once(gone, 'close');
    await expect(memberships(callerOf(url))).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });

  it('is none as long as another replica accepts one', async () => {
    const gone = createServer();
    const nobody = await listen(gone);
    gone.close();
    await once(gone, 'close');
    const { url, seen } = await startPeer((res) => sendJson(res, 200, granted));
    const caller = callerOf([nobody, url]);
    for (let i = 0; i < 4; i++) await memberships(caller, { idempotent: false });
    expect(seen).toHaveLength(4);
  });

  it('is forgotten once the service is back', async () => {
    const first = createServer();
    const url = await listen(first);
    first.close();
    await once(first, 'close');
    const caller = callerOf(url);
    await expect(memberships(caller)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    const second = createServer((_, res) => sendJson(res, 200, granted));
    servers.push(second.listen(Number(new URL(url).port), '127.0.0.1'));
    await once(second, 'listening');
    expect(await memberships(caller)).toEqual({ memberships: [] });
  });
});

describe('a peer that does not answer', () => {
  it('times the call out, and is not asked again', async () => {
    const { url, seen } = await startPeer(() => undefined);
    const call = memberships(callerOf(url, { timeoutMs: 100 }));
    await expect(call).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT', status: 504 });
    expect(seen).toHaveLength(1);
  });

  it('times the call out in the middle of an answer too', async () => {
    const { url } = await startPeer((res) => res.writeHead(200, { 'content-length': 100 }).write('{'));
    await expect(memberships(callerOf(url, { timeoutMs: 100 }))).rejects.toMatchObject({
      code: 'UPSTREAM_TIMEOUT',
    });
  });

  it('is left when the caller leaves', async () => {
    const controller = new AbortController();
    const { url } = await startPeer(() => controller.abort());
    const call = memberships(callerOf(url), { signal: controller.signal });
    await expect(call).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });

  it('does not use up the connections of later calls', async () => {
    let hang = true;
    const { url } = await startPeer((res) => (hang ? undefined : sendJson(res, 200, granted)));
    const caller = callerOf(url, { timeoutMs: 1_000 });
    await Promise.allSettled(Array.from({ length: 40 }, () => memberships(caller)));
    hang = false;
    expect(await memberships(caller)).toEqual({ memberships: [] });
  });
});

describe('several replicas', () => {
  it('take turns', async () => {
    const peers = await Promise.all([1, 2].map(() => startPeer((res) => sendJson(res, 200, granted))));
    const caller = callerOf(peers.map(({ url }) => url));
    for (let i = 0; i < 6; i++) await memberships(caller);
    expect(peers.map(({ seen }) => seen.length)).toEqual([3, 3]);
  });

  it('are left as soon as one says that it is about to stop', async () => {
    const stopping = await startPeer((res) => {
      res.setHeader('x-plinth-stopping', '3000');
      sendJson(res, 200, granted);
    });
    const staying = await startPeer((res) => sendJson(res, 200, granted));
    const caller = callerOf([stopping.url, staying.url]);
    for (let i = 0; i < 6; i++) await memberships(caller);
    expect(stopping.seen).toHaveLength(1);
    expect(staying.seen).toHaveLength(5);
  });

  it('are spared the one that did not answer', async () => {
    const silent = await startPeer(() => undefined);
    const { url, seen } = await startPeer((res) => sendJson(res, 200, granted));
    const caller = callerOf([silent.url, url], { timeoutMs: 1_500 });
    await Promise.allSettled([memberships(caller), memberships(caller)]);
    for (let i = 0; i < 4; i++) await memberships(caller);
    expect(silent.seen).toHaveLength(1);
    expect(seen).toHaveLength(5);
  });
});
