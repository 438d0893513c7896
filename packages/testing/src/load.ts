import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';

// A steady load that does not care how it is answered: each kind of request goes out at its own pace, and none waits for
// the one before. So a server that stands still is asked as often as one that does not, as it is by the world.

export interface Kind<Outcome> {
  perSecond: number;
  /** Sends the nth request of this kind. */
  send(n: number): Promise<Outcome>;
}

export interface Sent<Outcome> {
  kind: string;
  /** Milliseconds since the epoch. */
  at: number;
  tookMs: number;
  /** Absent when there was no answer at all. */
  outcome?: Outcome;
  error?: unknown;
}

export interface Load<Outcome> {
  /** What has ended so far. */
  readonly history: readonly Sent<Outcome>[];
  /** The longest time that this process itself stood still, which an answer may have had to wait. */
  stallMs(): number;
  /** Sends no more, and waits for what is under way. */
  stop(): Promise<readonly Sent<Outcome>[]>;
}

export function startLoad<Outcome>(kinds: Readonly<Record<string, Kind<Outcome>>>): Load<Outcome> {
  const history: Sent<Outcome>[] = [];
  const underWay = new Set<Promise<void>>();
  const stopped = new AbortController();
  const delay = monitorEventLoopDelay();
  delay.enable();

  async function sendOne(kind: string, n: number, { send }: Kind<Outcome>): Promise<void> {
    const at = Date.now();
    const began = performance.now();
    const ended = await send(n).then(
      (outcome) => ({ outcome }),
      (error: unknown) => ({ error }),
    );
    history.push({ kind, at, tookMs: performance.now() - began, ...ended });
  }

  async function keepSending(name: string, kind: Kind<Outcome>): Promise<void> {
    const began = performance.now();
    for (let n = 0; !stopped.signal.aborted; n++) {
      const sending = sendOne(name, n, kind).finally(() => underWay.delete(sending));
      underWay.add(sending);
      const due = began + ((n + 1) * 1_000) / kind.perSecond;
      await wait(Math.max(0, due - performance.now()), undefined, { signal: stopped.signal }).catch(() => {});
    }
  }

  const pacers = Object.entries(kinds).map(([name, kind]) => keepSending(name, kind));
  return {
    history,
    stallMs: () => delay.max / 1e6,
    async stop() {
      stopped.abort();
      await Promise.all(pacers);
      await Promise.all(underWay);
      delay.disable();
      return history;
    },
  };
}
