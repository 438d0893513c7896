import { randomBytes } from 'node:crypto';
import { serviceKeyFiles } from '@plinth/passport';
import {
  createHealth,
  createKit,
  createService,
  initService,
  parseEnv,
  processSettings,
  runProcess,
} from '@plinth/service';
import { z } from 'zod';
import { WORKSPACE, workspace, workspaceById } from './workspace.ts';

// `node kit-procedure.ts <port> <folder of keys>`: the same answer as the bare route's, by a service as Plinth makes them:
// the caller's passport verified, the input and the answer checked, published, counted and logged.

const [port, keysFolder = ''] = process.argv.slice(2);
const files = serviceKeyFiles(keysFolder);
const settings = parseEnv(z.object(processSettings), {
  PORT: port,
  PLINTH_MASTER_KEY: `v1:${randomBytes(32).toString('base64')}`,
  SERVICE_KEYS_FILE: files.keysFileOf('tenancy'),
  TRUSTED_KEYS_FILE: files.trustedKeysFile,
});
const kit = createKit('tenancy', settings);
const { router, procedure } = initService();
const app = await createService({
  ...kit,
  name: 'tenancy',
  router: router({
    workspace: router({
      get: procedure
        .meta({
          summary: 'Get a workspace',
          permission: 'workspaces:read',
          rest: [{ method: 'GET', path: '/v1/workspaces/{workspaceId}', dialect: 'platform' }],
        })
        .input(workspaceById)
        .output(workspace)
        .query(() => WORKSPACE),
    }),
  }),
  resources: { workspace: 'Where the data of a tenant lives.' },
  services: {},
});
const health = createHealth({ service: 'tenancy', checks: [], metrics: kit.metrics });
await runProcess(process, { settings, log: kit.log, health, app, close: kit.tracing.close });
