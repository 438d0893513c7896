import { degradedModeOf } from '@plinth/contracts';
import type { Dependency, State } from './platform.schema.ts';
import type { Readiness, Report, ServiceReports } from './readiness.ts';

// What the platform's health is made of: each service's own readiness, over all of its replicas, and the gateway's own
// means.

export interface OwnMeans {
  /** The keys that tokens are verified with. */
  verifier: { state(): State };
  limiter: { degradation(): string | undefined };
  sharedLimits: boolean;
  /** Whether everything that was revoked is known here. */
  revocations: { isRecent(): boolean };
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
  const status = together(reports.map((report) => stateOf(report?.status)));
  const names = new Set(reports.flatMap((report) => Object.keys(report?.checks ?? {})));
  return [
    // While some of its replicas work, requests go to those, and nobody notices.
    { name: service, status, ...(status === 'down' && consequencesOf(service)) },
    ...[...names].map((name) => {
      const checks = reports.flatMap((report: Report) => report?.checks[name] ?? []);
      const backend = checks.find((check) => check.backend !== undefined)?.backend;
      return dependency(
        `${service}.${name}`,
        together(checks.map((check) => stateOf(check.status))),
        backend,
      );
    }),
  ];
}

function dependency(name: string, status: State, backend?: string): Dependency {
  return {
    name,
    status,
    ...(backend !== undefined && { backend }),
    ...(status !== 'ok' && consequencesOf(name)),
  };
}

/** What the table of degraded modes says of it. */
function consequencesOf(name: string): Pick<Dependency, 'affects' | 'stillWorks'> {
  const mode = degradedModeOf(name);
  return mode ? { affects: mode.affects, stillWorks: mode.stillWorks } : {};
}

const stateOf = (status: string | undefined): State =>
  status === 'ok' || status === 'degraded' ? status : 'down';

/** One replica that works keeps a service up, but it is not what it should be while another does not. */
function together(states: readonly State[]): State {
  if (states.every((state) => state === 'ok')) return 'ok';
  return states.every((state) => state === 'down') ? 'down' : 'degraded';
}

function ownDependencies({ verifier, limiter, sharedLimits, revocations }: OwnMeans): Dependency[] {
  const limits = limiter.degradation() === undefined ? 'ok' : 'degraded';
  const revoked = revocations.isRecent() ? 'ok' : 'degraded';
  return [
    dependency('gateway.keys', verifier.state()),
    dependency('gateway.limits', limits, sharedLimits ? 'redis' : 'local'),
    dependency('gateway.revocations', revoked, sharedLimits ? 'redis' : 'identity'),
  ];
}
