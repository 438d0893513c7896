import { createHealth, parseEnv, runProcess } from '@plinth/service';
import { buildApp } from './app.ts';
import { createDeps } from './deps.ts';
import { settings as schema } from './env.ts';
import { createLineBuffer } from './line-buffer.ts';

const settings = parseEnv(schema, process.env);
const output = createLineBuffer((text) => process.stdout.write(text));
process.once('exit', () => output.flush());
// A reader of the log that went away takes the log along, not the gateway.
process.stdout.on('error', () => {});
const deps = createDeps(settings, output);
const { listen, announceStop, close } = buildApp(deps);
const health = createHealth({ service: 'gateway', ...deps });
await runProcess(process, { settings, health, app: { listen, announceStop, close: () => close() }, ...deps });
