import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const PARENT_CHECK_MS = 250;

/**
 * As near to exec as Node 20 gets: the command shares the terminal and the process group, gets our signals, and its way of ending
 * is ours. With `ipc` it also notices when we are killed outright, by the channel closing.
 */
export function handOver(command, args, { env, cwd, ipc = false }) {
  const stdio = ipc ? ['inherit', 'inherit', 'inherit', 'ipc'] : 'inherit';
  const child = spawn(command, args, { cwd, env, stdio });
  for (const signal of PASSED_ON) process.on(signal, () => child.kill(signal));
  // npm passes a SIGTERM to its shell only, which ends and leaves us behind; a killed npm passes on nothing.
  if (process.env.npm_lifecycle_event !== undefined) whenOrphaned(() => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      process.exitCode = signal ? 128 + constants.signals[signal] : code;
      resolve();
    });
  });
}

function whenOrphaned(act) {
  const parent = process.ppid;
  const check = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(check);
    act();
  }, PARENT_CHECK_MS);
  check.unref();
}
