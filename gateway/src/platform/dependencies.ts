import type { ServiceName } from '@plinth/contracts';
import { request } from 'undici';
import { z } from 'zod';
import type { Dependency, State } from './platform.schema.ts';

// What the platform's health is made of: each service's own readiness, asked on its internal port, and the gateway's own
// means. Whoever asks often gets a recent answer: the route is open to anybody.

const readinessSchema = z.object({
  status: z.string(),
  checks: z.record(z.string(), z.object({ status: z.string(), backend: z.string().optional() })).default({}),
});

const ASK_TIMEOUT_MS = 2_500;
const MAX_AGE_MS = 1_000;

const AFFECTS: Partial<Record<ServiceName, string>> = {
  identity: 'sign-in, API keys, and callers whose passport ends',
  tenancy: 'organizations, tenants and workspaces, and callers whose passport ends',
};

export interface OwnMeans {
  /** The keys that tokens are verified with. */
  verifier: { state(): State };
  limiter: { degradation(): string | undefined };
  sharedLimits: boolean;
}

export interface Dependencies {
  list(): Promise<readonly Dependency[]>;
}

export function createDependencies(
  readinessUrls: Readonly<Partial<Record<ServiceName, string | undefined>>>,
  own: OwnMeans,
  now: () => number = Date.now,
): Dependencies {
  let last: { at: number; answer: Promise<readonly Dependency[]> } | undefined;

  async function ask(): Promise<readonly Dependency[]> {
    const services = await Promise.all(
      Object.entries(readinessUrls).flatMap(([service, url]) => (url ? [askService(service, url)] : [])),
    );
    return [...services.flat(), ...ownDependencies(own)];
  }

  return {
    list() {
      if (!last || now() - last.at > MAX_AGE_MS) last = { at: now(), answer: ask() };
      return last.answer;
    },
  };
}

async function askService(service: string, internalUrl: string): Promise<Dependency[]> {
  const affects = Object.entries(AFFECTS).find(([name]) => name === service)?.[1];
  try {
    const answer = await request(`${internalUrl}/health/ready`, {
      headersTimeout: ASK_TIMEOUT_MS,
      bodyTimeout: ASK_TIMEOUT_MS,
      signal: AbortSignal.timeout(ASK_TIMEOUT_MS),
    });
    const { status, checks } = readinessSchema.parse(await answer.body.json());
    const of = (name: string, state: string): Dependency => ({
      name,
      status: stateOf(state),
      ...(stateOf(state) !== 'ok' && affects !== undefined && { affects }),
    });
    return [
      of(service, status),
      ...Object.entries(checks).map(([name, check]) => ({
        ...of(`${service}.${name}`, check.status),
        ...(check.backend !== undefined && { backend: check.backend }),
      })),
    ];
  } catch {
    return [{ name: service, status: 'down', ...(affects !== undefined && { affects }) }];
  }
}

const stateOf = (state: string): State => (state === 'ok' || state === 'degraded' ? state : 'down');

function ownDependencies({ verifier, limiter, sharedLimits }: OwnMeans): Dependency[] {
  const keys = verifier.state();
  const limits = limiter.degradation() === undefined ? 'ok' : 'degraded';
  return [
    {
      name: 'gateway.keys',
      status: keys,
      ...(keys !== 'ok' && { affects: 'callers with a new signing key' }),
    },
    {
      name: 'gateway.limits',
      status: limits,
      backend: sharedLimits ? 'redis' : 'local',
      ...(limits !== 'ok' && { affects: 'rate limits hold per gateway, not across gateways' }),
    },
  ];
}
