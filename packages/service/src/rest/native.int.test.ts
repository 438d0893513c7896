import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { AppError, HEADERS, idSchema } from '@plinth/contracts';
import { createPassportVerifier, createServiceTokenVerifier, createTrust } from '@plinth/passport';
import { createSender, createTestKeys, type TestKeys, testMember } from '@plinth/testing';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createService } from '../create-service.ts';
import { createLogger } from '../logging.ts';
import type { NativeRoute } from '../meta.ts';
import { createMetrics } from '../metrics.ts';
import { initService } from '../procedure.ts';
import { createTracing } from '../telemetry.ts';
import type { NativeHandler } from './native.ts';

const { router, procedure } = initService<object>();
const PATH = '/v1/blobs/{workspaceId}/{name}';
const input = z.strictObject({
  workspaceId: idSchema('workspace').meta({ description: 'The workspace.' }),
  name: z.string().meta({ description: 'Its name.' }),
  content: z.string().default('').meta({ description: 'What it holds.' }),
});
const output = z.object({ bytes: z.number().meta({ description: 'How many.', example: 1 }) });
const native: NativeRoute = {
  parameters: [{ name: 'part', in: 'query', required: false, schema: { type: 'string' } }],
  requestBody: {
    description: 'Bytes.',
    required: true,
    content: { '*/*': { schema: { type: 'string' }, example: 'abc' } },
  },
  answer: {
    description: 'The bytes',
    headers: { 'X-Length': { description: 'How many.', schema: { type: 'integer' } } },
    content: { 'text/plain': { schema: { type: 'string' }, example: 'abc' } },
  },
};
const meta = { description: 'Bytes.', capability: 'storage', errors: ['CONFLICT'] } as const;

const blobs = router({
  blob: router({
    read: procedure
      .meta({
        ...meta,
        summary: 'Read a blob',
        permission: 'objects:read',
        rest: [{ method: 'GET', path: PATH, dialect: 'platform', native }],
      })
      .input(input)
      .output(output)
      .query(() => ({ bytes: 0 })),
    write: procedure
      .meta({
        ...meta,
        summary: 'Write a blob',
        permission: 'objects:write',
        rest: [
          {
            method: 'POST',
            path: PATH,
            dialect: 'platform',
            native: { ...native, streamed: ['text/lines'] },
          },
        ],
      })
      .input(input)
      .output(output)
      .mutation(({ input }) => ({ bytes: input.content.length })),
  }),
});

const natives: Record<string, NativeHandler> = {
  'blob.read': async (call, request, reply) => {
    if (request.url.includes('taken')) throw new AppError('CONFLICT');
    return reply.header('x-method', request.method).send(`${call.operation} ${call.caller.workspaceId}`);
  },
  'blob.write': async (_call, request, reply) => {
    if (request.body !== request.raw)
      return reply.send({
        isBuffer: Buffer.isBuffer(request.body),
        length: (request.body as Buffer | undefined)?.length,
      });
    let length = 0;
    for await (const chunk of request.raw.iterator({ destroyOnReturn: false })) {
      length += chunk.length;
      if (String(chunk).includes('stop')) throw new AppError('CONFLICT');
    }
    return reply.send({ isStream: true, length });
  },
};

const workspaceId = 'wks_01HV3C8F3K7Q2M5N9R4T6W8Y0Z';
const member = testMember('owner', { workspaceId, capabilities: ['storage'] });
const url = `/v1/blobs/${workspaceId}/a`;

let keys: TestKeys;
let app: FastifyInstance;
let send: ReturnType<typeof createSender>['send'];

const optionsOf = () => {
  const trust = createTrust({ trustedKeysFile: keys.settings('tenancy').TRUSTED_KEYS_FILE });
  return {
    name: 'tenancy',
    router: blobs,
    resources: { blob: 'Bytes.' },
    services: {},
    passports: createPassportVerifier({ trust, service: 'tenancy' }),
    serviceTokens: createServiceTokenVerifier({ trust, service: 'tenancy' }),
    log: createLogger({ name: 'blobs', level: 'silent' }),
    metrics: createMetrics('blobs'),
    tracing: createTracing('blobs', undefined),
  } as const;
};

beforeAll(async () => {
  keys = await createTestKeys();
  app = await createService({ ...optionsOf(), natives });
  ({ send } = createSender(app, { keys, service: 'tenancy' }));
});
afterAll(async () => {
  await app.close();
  await keys.remove();
});

describe('a native route', () => {
  test('answers as its service does, HEAD among it', async () => {
    expect((await send(member, { method: 'GET', url })).body).toBe(`blob.read ${workspaceId}`);
    const head = await send(member, { method: 'HEAD', url });
    expect([head.status, head.headers['x-method']]).toEqual([200, 'HEAD']);
  });

  test('is given every body as bytes, whatever it says it is, up to ten megabytes', async () => {
    for (const type of ['application/json', 'text/csv', undefined]) {
      const payload = '{"not json';
      const headers = type ? { 'content-type': type } : {};
      const answer = await send(member, { method: 'POST', url, payload, headers });
      expect(answer.body).toEqual({ isBuffer: true, length: payload.length });
    }
    const large = { method: 'POST', url, headers: { 'content-type': 'text/plain' } } as const;
    expect((await send(member, { ...large, payload: 'x'.repeat(10 * 1024 * 1024) })).status).toBe(200);
    expect((await send(member, { ...large, payload: 'x'.repeat(10 * 1024 * 1024 + 1) })).status).toBe(413);
  });

  test('is given a body of a streamed media type as it comes, however long', async () => {
    const headers = { 'content-type': 'text/lines; charset=utf-8' };
    const payload = 'x'.repeat(11 * 1024 * 1024);
    const answer = await send(member, { method: 'POST', url, payload, headers });
    expect(answer.body).toEqual({ isStream: true, length: payload.length });
  });

  test('answers amid a streamed body, and drops the rest', async () => {
    const sent = httpRequest(`${await app.listen({ host: '127.0.0.1', port: 0 })}${url}`, {
      method: 'POST',
      headers: { 'content-type': 'text/lines', [HEADERS.passport]: await keys.passport(member, 'tenancy') },
    });
    sent.write('stop');
    const [answer] = await once(sent, 'response');
    expect([answer.statusCode, JSON.parse(await text(answer)).error.code]).toEqual([409, 'CONFLICT']);
    sent.end('x'.repeat(20 * 1024 * 1024));
    await once(sent, 'finish');
  });

  test('passes what every procedure passes', async () => {
    const code = async (caller: Parameters<typeof send>[0], at = url) => {
      const { status, body } = await send(caller, { method: 'GET', url: at });
      return [status, body.error?.code];
    };
    expect(await code(undefined)).toEqual([401, 'UNAUTHENTICATED']);
    expect(await code({ ...member, permissions: [] })).toEqual([403, 'PERMISSION_DENIED']);
    expect(await code({ ...member, plan: 'free', capabilities: [] })).toEqual([
      403,
      'PLAN_CAPABILITY_REQUIRED',
    ]);
    expect(await code(member, '/v1/blobs/wks_01HV3C8F3K7Q2M5N9R4T6W8Y00/a')).toEqual([
      404,
      'WORKSPACE_NOT_FOUND',
    ]);
    expect(await code({ ...member, reach: { workspaceIds: ['wks_1'] } })).toEqual([
      404,
      'WORKSPACE_NOT_FOUND',
    ]);
    expect(await code(member, `/v1/blobs/${workspaceId}/taken`)).toEqual([409, 'CONFLICT']);
    expect((await send(member, { method: 'DELETE', url })).headers.allow).toBe('GET, HEAD, POST');
  });

  test('is documented by what it says of itself', async () => {
    const { body } = await send(undefined, { method: 'GET', url: '/openapi.json' });
    const { get, post } = body.paths[PATH];
    expect(get.parameters.map(({ name, $ref }: { name?: string; $ref?: string }) => name ?? $ref)).toEqual([
      'workspaceId',
      'name',
      'part',
      '#/components/parameters/ApiVersion',
      '#/components/parameters/CorrelationId',
      '#/components/parameters/OrganizationId',
    ]);
    expect(get.responses[200]).toMatchObject({
      description: 'The bytes',
      content: native.answer.content,
      headers: { 'X-Length': {}, 'X-Correlation-Id': {} },
    });
    expect(post.requestBody).toEqual(native.requestBody);
    expect(Object.keys(post.responses)).toContain('409');
  });
});

test('is refused at the start where nothing answers it', async () => {
  await expect(createService(optionsOf())).rejects.toThrow(
    'blob.read has a native route that nothing answers',
  );
});
