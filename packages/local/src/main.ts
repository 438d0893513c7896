import { parseEnv, SettingsError } from '@plinth/service';
import { inheritedEnv, localSettings } from './env.ts';
import { parseOptions, usage } from './options.ts';
import { Refusal } from './refusal.ts';
import { preparePlinth } from './start.ts';
import { StartFailure } from './supervisor/child.ts';
import { paintFor } from './supervisor/log-lines.ts';

/** A terminal and the launcher may both deliver one Ctrl-C; only a later one means "at once". */
const SAME_SIGNAL_MS = 1_000;

async function main(): Promise<void> {
  const { help, reset } = parseOptions(process.argv.slice(2));
  if (help) {
    process.stdout.write(usage());
    return;
  }
  const plinth = await preparePlinth({
    settings: parseEnv(localSettings, process.env),
    inherited: inheritedEnv(process.env),
    reset,
    write: (text) => process.stdout.write(text),
    paint: paintFor(process.stdout, process.env),
  });

  let stoppingSince: number | undefined;
  async function stop(exitCode: number): Promise<void> {
    if (stoppingSince !== undefined) {
      // Its children follow by themselves.
      if (Date.now() - stoppingSince > SAME_SIGNAL_MS) process.exit(1);
      return;
    }
    stoppingSince = Date.now();
    await plinth.stop();
    process.exit(exitCode);
  }
  // A reader that went away must not end us before our children are stopped.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => {});
  for (const event of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect']) process.on(event, () => stop(0));

  try {
    await plinth.start();
  } catch (error) {
    if (!(error instanceof StartFailure)) throw error;
    const words = error.lastLines.map((line) => `  ${line}\n`).join('');
    process.stderr.write(`\nPlinth could not start: ${error.message}\n${words}`);
    await stop(1);
  }
}

try {
  await main();
} catch (error) {
  const isPlain = error instanceof Refusal || error instanceof SettingsError;
  console.error(isPlain ? error.message : error);
  process.exit(1);
}
