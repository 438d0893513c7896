// Loaded into every child before its own code: a child outlives its supervisor by no more than one clean stop. Without it, a
// supervisor killed while a child still loads its modules would leave that child running for ever.

const STOP_MS = 12_000;

process.once('disconnect', () => {
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.exit(1), STOP_MS).unref();
});
