import { createHealth, parseEnv, runProcess } from '@plinth/service';
import { buildApp } from './app.ts';
import { createDeps } from './deps.ts';
import { settings as schema } from './env.ts';

const settings = parseEnv(schema, process.env);
const deps = await createDeps(settings);
const app = await buildApp(deps);
const health = createHealth({ service: 'postgres', ...deps });
await runProcess(process, { settings, health, app, ...deps });
