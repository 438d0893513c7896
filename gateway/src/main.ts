import { createLogger, parseEnv, runProcess } from '@plinth/service';
import { buildGateway } from './app.ts';
import { createDeps } from './deps.ts';
import { envSchema } from './env.ts';
import { createLineBuffer } from './line-buffer.ts';

const env = parseEnv(envSchema, process.env);
const output = createLineBuffer((text) => process.stdout.write(text));
const log = createLogger({ name: 'gateway', level: env.LOG_LEVEL, destination: output });
process.once('exit', () => output.flush());
const deps = createDeps(env, log, output);
const { server, close } = buildGateway(deps.gateway);

await runProcess(process, {
  settings: env,
  log,
  health: deps.health,
  app: {
    listen: ({ host, port }) =>
      new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen(port, host, resolve);
      }),
    close: () => close(),
  },
  close: () => deps.close(),
});
