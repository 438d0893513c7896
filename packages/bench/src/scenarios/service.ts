import { join } from 'node:path';
import { testMember } from '@plinth/testing/service-keys';
import type { Scenario } from '../scenario.ts';
import { WORKSPACE, WORKSPACE_ID, WORKSPACE_PATH } from '../servers/workspace.ts';
import { bareFastify, checkedFastify, SERVERS } from './fastify-routes.ts';
import { startNode } from './node-server.ts';
import { makeKeys, passportHolder } from './passports.ts';

export const service: Scenario = {
  name: 'service',
  summary: 'the same answer by a bare Fastify route, one that checks by hand, and a procedure of the kit',
  ratios: [
    { of: 'kit procedure', to: 'bare Fastify', figure: 'cpu', goal: 2.5 },
    { of: 'checked Fastify', to: 'bare Fastify', figure: 'cpu' },
    { of: 'kit procedure', to: 'bare Fastify', figure: 'throughput' },
  ],
  async open(stage) {
    const keysFolder = join(stage.folder, 'keys');
    await makeKeys(keysFolder);
    const caller = testMember('owner', { tenantId: WORKSPACE.tenantId, workspaceId: WORKSPACE_ID });
    const kit = await startNode(stage, {
      name: 'kit-procedure',
      entry: join(SERVERS, 'kit-procedure.ts'),
      args: (port) => [`${port}`, keysFolder],
      path: '/openapi.json',
    });
    return [
      await bareFastify(stage),
      await checkedFastify(stage),
      {
        name: 'kit procedure',
        processes: [{ name: 'service', pid: kit.pid }],
        request: passportHolder(keysFolder, caller, `${kit.url}${WORKSPACE_PATH}`),
      },
    ];
  },
};
