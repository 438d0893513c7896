import { join } from 'node:path';
import { testMember } from '@plinth/testing/service-keys';
import type { Scenario } from '../scenario.ts';
import { bareFastify } from './fastify-routes.ts';
import { startOneOfEach } from './one-of-each.ts';
import { passportHolder, PLATFORM_HEADERS } from './passports.ts';

export const platform: Scenario = {
  name: 'platform',
  summary: 'GET one workspace of tenancy, alone and through the gateway: real services, a real Postgres',
  ratios: [
    { of: 'through the gateway', to: 'tenancy alone', figure: 'throughput' },
    { of: 'through the gateway', to: 'tenancy alone', figure: 'p99' },
    { of: 'tenancy alone', to: 'bare Fastify', figure: 'cpu' },
  ],
  async open(stage) {
    const { fleet, process, postgres, workspace, membersInTurn } = await startOneOfEach(stage);
    const signIn = membersInTurn();
    const [gateway, tenancy] = [process('gateway'), process('tenancy')];
    const path = `/v1/workspaces/${workspace.workspaceId}`;
    const caller = testMember('owner', { organizationId: fleet.organizationId, ...workspace });
    const through = async () => {
      const authorization = `Bearer ${await signIn()}`;
      return { url: `${gateway.url}${path}`, headers: { ...PLATFORM_HEADERS, authorization } };
    };
    return [
      await bareFastify(stage),
      {
        name: 'tenancy alone',
        processes: [tenancy, postgres],
        request: passportHolder(join(fleet.home, 'keys'), caller, `${tenancy.url}${path}`),
      },
      { name: 'through the gateway', processes: [gateway, tenancy, postgres], request: through },
    ];
  },
};
