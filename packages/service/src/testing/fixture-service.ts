import type { Call, AppError, Caller, ServiceName } from '@plinth/contracts';
import { HEADERS } from '@plinth/contracts';
import { createPassportVerifier, createServiceTokenVerifier, createTrust } from '@plinth/passport';
import { createTestKeys, testMember } from '@plinth/testing';
import { request } from 'undici';
import { createService } from '../create-service.ts';
import { createLogger } from '../logging.ts';
import { createMetrics } from '../metrics.ts';
import { createTracing } from '../telemetry.ts';
import {
  FIXTURE_RESOURCES,
  type FixtureServices,
  fixtureInternalRouter,
  fixtureRouter,
} from './fixture-router.ts';

// The fixture's service on a port of its own, called over real HTTP as the gateway would.

type Headers = Record<string, string | string[]>;

export interface FixtureRequest {
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS' | 'TRACE' | 'QUERY';
  headers?: Headers;
  /** An object is sent as JSON, a text as it is. */
  body?: object | string;
  /** Nobody when null; an owner with every capability when it is not given. */
  caller?: Caller | null;
}

export interface FixtureAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: an answer is whatever came; assertions say what it should be.
  body: any;
}

export const owner = testMember('owner', { capabilities: ['postgres'] });

export async function startFixture(options: { otlpEndpoint?: string; logLevel?: string } = {}) {
  const keys = await createTestKeys();
  const trust = createTrust({ trustedKeysFile: keys.settings('tenancy').TRUSTED_KEYS_FILE });
  const lines: Record<string, unknown>[] = [];
  const refusals: { call: Call; error: AppError }[] = [];
  const services: FixtureServices = { seen: {}, act: () => undefined };
  const tracing = createTracing('fixture', options.otlpEndpoint);
  const metrics = createMetrics('fixture');
  const app = await createService({
    name: 'tenancy',
    router: fixtureRouter,
    internalRouter: fixtureInternalRouter,
    resources: FIXTURE_RESOURCES,
    services,
    passports: createPassportVerifier({ trust, service: 'tenancy' }),
    serviceTokens: createServiceTokenVerifier({ trust, service: 'tenancy' }),
    log: createLogger({
      name: 'fixture',
      level: options.logLevel ?? 'info',
      output: { write: (line) => void lines.push(JSON.parse(line)) },
    }),
    metrics,
    tracing,
    onRefusal: (call, error) => void refusals.push({ call, error }),
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });

  return {
    app,
    url,
    keys,
    lines,
    metrics,
    refusals,
    services,
    tracing,
    async passport(caller: Caller = owner, service: ServiceName = 'tenancy'): Promise<string> {
      return keys.passport(caller, service);
    },
    async send(
      path: string,
      { method = 'GET', headers, body, caller = owner }: FixtureRequest = {},
    ): Promise<FixtureAnswer> {
      const passport = caller ? { [HEADERS.passport]: await keys.passport(caller, 'tenancy') } : {};
      const isJson = typeof body === 'object';
      const answer = await request(`${url}${path}`, {
        method,
        headers: { ...passport, ...(isJson && { 'content-type': 'application/json' }), ...headers },
        ...(body !== undefined && { body: isJson ? JSON.stringify(body) : body }),
      });
      const text = await answer.body.text();
      const type = String(answer.headers['content-type']);
      return {
        status: answer.statusCode,
        headers: answer.headers,
        text,
        body: type.startsWith('application/json') && text !== '' ? JSON.parse(text) : text,
      };
    },
    /** Forgets what was seen and logged before. */
    reset() {
      services.seen = {};
      services.act = () => undefined;
      lines.length = 0;
      refusals.length = 0;
    },
    async close() {
      await app.close();
      await tracing.close();
      await keys.remove();
    },
  };
}

export type Fixture = Awaited<ReturnType<typeof startFixture>>;
