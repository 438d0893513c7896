import { join } from 'node:path';
import type { Stage, Subject } from '../scenario.ts';
import { WORKSPACE_PATH } from '../servers/workspace.ts';
import { type NodeServer, startNode } from './node-server.ts';
import { PLATFORM_HEADERS } from './passports.ts';

export const SERVERS = join(import.meta.dirname, '../servers');

type RouteFile = 'bare-route.ts' | 'checked-route.ts';

export const startRoute = (stage: Stage, name: string, file: RouteFile): Promise<NodeServer> =>
  startNode(stage, { name, entry: join(SERVERS, file), args: (port) => [`${port}`], path: WORKSPACE_PATH });

async function routeSubject(stage: Stage, name: string, file: RouteFile): Promise<Subject> {
  const { url, pid } = await startRoute(stage, file.replace('.ts', ''), file);
  const request = { url: `${url}${WORKSPACE_PATH}`, headers: PLATFORM_HEADERS };
  return { name, processes: [{ name: 'route', pid }], request: () => request };
}

/** What everything is compared with. */
export const bareFastify = (stage: Stage) => routeSubject(stage, 'bare Fastify', 'bare-route.ts');

export const checkedFastify = (stage: Stage) => routeSubject(stage, 'checked Fastify', 'checked-route.ts');
