import { createHealth, createStandardOutput, parseEnv, runProcess } from '@plinth/service';
import { buildApp } from './app.ts';
import { createDeps } from './deps.ts';
import { settings as schema } from './env.ts';

const settings = parseEnv(schema, process.env);
const deps = createDeps(settings, createStandardOutput());
const { listen, announceStop, close } = buildApp(deps);
const health = createHealth({ service: 'gateway', ...deps });
await runProcess(process, { settings, health, app: { listen, announceStop, close: () => close() }, ...deps });
