import type { ServiceName } from '@plinth/contracts';
import type { Replicas } from '@plinth/rpc';
import { request } from 'undici';
import { z } from 'zod';

// What every replica says of itself on its internal port. Where a service has several they are asked every second, so that
// requests go to those that are well; where it has one, only when somebody wants to know its health.

const reportSchema = z.object({
  status: z.enum(['ok', 'degraded', 'down', 'stopping']),
  checks: z.record(z.string(), z.object({ status: z.string(), backend: z.string().optional() })).default({}),
});

/** Undefined for a replica that gave no answer. */
export type Report = z.output<typeof reportSchema> | undefined;

export interface Watched {
  service: ServiceName;
  internalUrls: readonly string[];
  /** In the order of `internalUrls`: whom the reports are passed on to. */
  replicas?: Replicas;
}

export interface ServiceReports {
  service: ServiceName;
  reports: readonly Report[];
}

export interface Readiness {
  /** At most a second old: the health of the platform is open to anybody. */
  recent(): Promise<readonly ServiceReports[]>;
  close(): void;
}

const ASK_TIMEOUT_MS = 2_500;
const EVERY_MS = 1_000;

export function createReadiness(watched: readonly Watched[], now: () => number = Date.now): Readiness {
  let last: { at: number; answer: Promise<readonly ServiceReports[]> } | undefined;

  function ask(): Promise<readonly ServiceReports[]> {
    const answer = Promise.all(watched.map(askService));
    last = { at: now(), answer };
    return answer;
  }

  const hasChoice = watched.some(({ replicas }) => replicas && replicas.all.length > 1);
  const timer = hasChoice ? setInterval(ask, EVERY_MS).unref() : undefined;
  return {
    recent: () => (last && now() - last.at <= EVERY_MS ? last.answer : ask()),
    close: () => clearInterval(timer),
  };
}

async function askService({ service, internalUrls, replicas }: Watched): Promise<ServiceReports> {
  const reports = await Promise.all(
    internalUrls.map(async (url, index) => {
      const report = await askReplica(url);
      const replica = replicas?.all[index];
      if (replica) replicas.reported(replica, stateOf(report));
      return report;
    }),
  );
  return { service, reports };
}

async function askReplica(internalUrl: string): Promise<Report> {
  try {
    const answer = await request(`${internalUrl}/health/ready`, {
      headersTimeout: ASK_TIMEOUT_MS,
      bodyTimeout: ASK_TIMEOUT_MS,
      signal: AbortSignal.timeout(ASK_TIMEOUT_MS),
    });
    return reportSchema.parse(await answer.body.json());
  } catch {
    return undefined;
  }
}

function stateOf(report: Report): 'ready' | 'stopping' | 'away' {
  if (report?.status === 'stopping') return 'stopping';
  return report === undefined || report.status === 'down' ? 'away' : 'ready';
}
