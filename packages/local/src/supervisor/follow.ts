// Loaded into every child before its own code: a child outlives its supervisor by a short clean stop and no more, even if it is
// still loading its modules when the supervisor is killed. The siblings go at the same time, so waiting longer would be in vain.

const STOP_MS = 1_500;

process.once('disconnect', () => {
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.exit(1), STOP_MS).unref();
});
