import { join } from 'node:path';
import { testMember } from '@plinth/testing/service-keys';
import type { Scenario } from '../scenario.ts';
import { WORKSPACE, WORKSPACE_ID, WORKSPACE_PATH } from '../servers/workspace.ts';
import { startNode } from './node-server.ts';
import { makeKeys, passportHolder, PLATFORM_HEADERS } from './passports.ts';

const servers = join(import.meta.dirname, '../servers');

export const service: Scenario = {
  name: 'service',
  summary: 'the same answer by a bare Fastify route, one that checks by hand, and a procedure of the kit',
  ratios: [
    { of: 'kit procedure', to: 'bare Fastify', figure: 'cpu', goal: 2.5 },
    { of: 'checked Fastify', to: 'bare Fastify', figure: 'cpu' },
    { of: 'bare Fastify', to: 'kit procedure', figure: 'throughput' },
  ],
  async open(stage) {
    const keysFolder = join(stage.folder, 'keys');
    await makeKeys(keysFolder);
    const start = async (name: string, file: string) => {
      const entry = join(servers, file);
      const args = (port: number) => [`${port}`];
      const server = await startNode(stage, { name, entry, args, path: WORKSPACE_PATH });
      const request = { url: `${server.url}${WORKSPACE_PATH}`, headers: PLATFORM_HEADERS };
      return { name, processes: [{ name: 'route', pid: server.pid }], request: () => request };
    };
    const caller = testMember('owner', { tenantId: WORKSPACE.tenantId, workspaceId: WORKSPACE_ID });
    const kit = await startNode(stage, {
      name: 'kit-procedure',
      entry: join(servers, 'kit-procedure.ts'),
      args: (port) => [`${port}`, keysFolder],
      path: '/openapi.json',
    });
    return [
      await start('bare Fastify', 'bare-route.ts'),
      await start('checked Fastify', 'checked-route.ts'),
      {
        name: 'kit procedure',
        processes: [{ name: 'service', pid: kit.pid }],
        request: passportHolder(keysFolder, caller, `${kit.url}${WORKSPACE_PATH}`),
      },
    ];
  },
};
