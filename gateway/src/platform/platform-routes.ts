import {
  API_VERSIONS,
  type Deprecations,
  documentPathOf,
  NEWEST_VERSION,
  statusOfVersion,
} from '@plinth/contracts';
import type { OwnRoute } from '../own-routes.ts';
import type { z } from 'zod';
import type { Dependencies } from './dependencies.ts';
import type { Dependency, healthSchema, infoSchema } from './platform.schema.ts';

export interface PlatformOptions {
  version: string;
  deprecations: Deprecations;
  dependencies: Dependencies;
}

type Health = z.infer<typeof healthSchema>;
type Info = z.infer<typeof infoSchema>;

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };

/** Some of the platform answers as long as the gateway does, so the worst it says of itself is `degraded`. */
function overall(dependencies: readonly Dependency[]): Health['status'] {
  return dependencies.every(({ status }) => status === 'ok') ? 'ok' : 'degraded';
}

const versionsAt = (now: Date, deprecations: Deprecations): Info['versions'] =>
  API_VERSIONS.map((date) => ({
    date,
    status: statusOfVersion(date, deprecations, now),
    deprecatedSince: deprecations[date]?.since ?? null,
    sunset: deprecations[date]?.sunset ?? null,
    document: documentPathOf(date),
  }));

export function platformRoutes({ version, deprecations, dependencies }: PlatformOptions): OwnRoute[] {
  return [
    {
      method: 'GET',
      path: '/',
      handle: (exchange) => exchange.send(302, { location: '/docs' }),
    },
    {
      method: 'GET',
      path: '/v1/platform/health',
      async handle(exchange) {
        const list = await dependencies.list();
        const body: Health = {
          status: overall(list),
          timestamp: new Date().toISOString(),
          dependencies: [...list],
        };
        exchange.send(200, JSON_TYPE, JSON.stringify(body));
      },
    },
    {
      method: 'GET',
      path: '/v1/platform/info',
      async handle(exchange) {
        const list = await dependencies.list();
        const backends = list.flatMap(({ name, backend }) =>
          backend === undefined ? [] : [[name, backend]],
        );
        const body: Info = {
          name: 'plinth',
          version,
          apiVersions: [...API_VERSIONS],
          newestApiVersion: NEWEST_VERSION,
          versions: versionsAt(new Date(), deprecations),
          backends: Object.fromEntries(backends),
        };
        exchange.send(200, JSON_TYPE, JSON.stringify(body));
      },
    },
  ];
}
