// Loaded into every child before its own code: a child outlives its supervisor by a short clean stop and no more, even if it is
// still loading its modules when the supervisor is killed. The siblings go at the same time, so waiting longer would be in vain.

const STOP_MS = 1_500;

process.once('disconnect', () => {
  for (const output of [process.stdout, process.stderr]) output.on('error', () => {});
  // Nobody reads the log any more, and a logger that flushes at the exit would wait for it: this runs before the logger's turn.
  process.prependListener('exit', () => process.kill(process.pid, 'SIGKILL'));
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.exit(1), STOP_MS).unref();
});
