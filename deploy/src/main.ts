import { parseEnv } from '@plinth/service';
import { setupSettings } from './env.ts';
import { parseOptions, usage } from './options.ts';
import { createServiceFolders } from './service-folders.ts';
import { setUp } from './setup.ts';

const say = (line: string): void => console.log(`setup: ${line}`);

try {
  const { help, rotate } = parseOptions(process.argv.slice(2));
  if (help) {
    console.log(usage());
  } else if (rotate) {
    const { STATE_DIRECTORY } = parseEnv(setupSettings.pick({ STATE_DIRECTORY: true }), process.env);
    say(`${rotate} signs with ${await createServiceFolders(STATE_DIRECTORY).rotateKey(rotate)} now`);
  } else {
    await setUp(parseEnv(setupSettings, process.env), say);
  }
} catch (error) {
  // Only the message: a stack or a cause may show a URL with its password.
  console.error(`setup: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
