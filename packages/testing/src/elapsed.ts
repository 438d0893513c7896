const BEAT_MS = 20;

/** Milliseconds that something took, less those for which this process stood still: a busy machine took them, not what is tested. */
export async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  let [last, stoodStill] = [began, 0];
  function beat(): void {
    const now = performance.now();
    stoodStill += Math.max(0, now - last - 2 * BEAT_MS);
    last = now;
  }
  const heart = setInterval(beat, BEAT_MS);
  try {
    await work();
  } finally {
    clearInterval(heart);
  }
  beat();
  return last - began - stoodStill;
}
