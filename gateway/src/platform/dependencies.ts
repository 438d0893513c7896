import type { ServiceName } from '@plinth/contracts';
import type { Dependency, State } from './platform.schema.ts';
import type { Readiness, Report, ServiceReports } from './readiness.ts';

// What the platform's health is made of: each service's own readiness, over all of its replicas, and the gateway's own
// means.

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

export function createDependencies(readiness: Readiness, own: OwnMeans): Dependencies {
  return {
    async list() {
      const services = await readiness.recent();
      return [...services.flatMap(dependenciesOf), ...ownDependencies(own)];
    },
  };
}

function dependenciesOf({ service, reports }: ServiceReports): Dependency[] {
  const of = (name: string, status: State): Dependency => {
    const affects = AFFECTS[service];
    return { name, status, ...(status !== 'ok' && affects !== undefined && { affects }) };
  };
  const names = new Set(reports.flatMap((report) => Object.keys(report?.checks ?? {})));
  return [
    of(service, together(reports.map((report) => stateOf(report?.status)))),
    ...[...names].map((name) => {
      const checks = reports.flatMap((report: Report) => report?.checks[name] ?? []);
      const backend = checks.find((check) => check.backend !== undefined)?.backend;
      return {
        ...of(`${service}.${name}`, together(checks.map(({ status }) => stateOf(status)))),
        ...(backend !== undefined && { backend }),
      };
    }),
  ];
}

const stateOf = (status: string | undefined): State =>
  status === 'ok' || status === 'degraded' ? status : 'down';

/** One replica that works keeps a service up, but it is not what it should be while another does not. */
function together(states: readonly State[]): State {
  if (states.every((state) => state === 'ok')) return 'ok';
  return states.every((state) => state === 'down') ? 'down' : 'degraded';
}

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
