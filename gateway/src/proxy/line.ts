import type { Socket } from 'node:net';
import { buildConnector, Client } from 'undici';
import { type Course, type Read, SentRead } from './sent-read.ts';

// One connection on which brief reads go to a replica together. What is sent in one turn of the event loop leaves in one piece
// at its end, and the answers come in the order of the requests; so whoever would wait behind one that is not so brief after
// all is asked for again by itself. They are reads: nothing happens twice.

export interface LineOptions {
  url: string;
  connectMs: number;
  silenceMs: number;
  /** How many may be under way at once; the others wait. */
  together(): number;
}

export interface Line {
  /** Whose reads are on it; it may change hands when there are none. */
  workspaceId: string | undefined;
  isIdle(): boolean;
  /** Not while its first read holds it up. */
  isOpen(): boolean;
  send(read: Read): void;
  /** Asks by itself for what is behind a read that has had nobody before it since that time. */
  look(askedBefore: number): void;
  close(): void;
}

export function createLine({ url, connectMs, silenceMs, together }: LineOptions): Line {
  const connect = buildConnector({ timeout: connectMs });
  const underWay: SentRead[] = [];
  const waiting: SentRead[] = [];
  /** Since when the first of them has had nobody before it. */
  let firstSince = 0;
  let isHeldUp = false;
  let client: Client | undefined;
  let socket: Socket | undefined;
  let corked: Socket | undefined;

  const open = () =>
    new Client(url, {
      pipelining: Number.MAX_SAFE_INTEGER,
      headersTimeout: silenceMs,
      bodyTimeout: silenceMs,
      connect(options, callback) {
        connect(options, (...opened) => {
          socket = opened[1] ?? undefined;
          callback(...opened);
        });
      },
    });

  /** What is written from now on leaves at the end of this turn. */
  function cork(): void {
    if (corked || !socket) return;
    corked = socket;
    corked.cork();
    setImmediate(uncork);
  }
  function uncork(): void {
    corked?.uncork();
    corked = undefined;
  }

  function sendWaiting(): void {
    while (underWay.length < together()) {
      const next = waiting.shift();
      if (!next) return;
      if (underWay.push(next) === 1) firstSince = performance.now();
      cork();
      client ??= open();
      client.dispatch(next.request, next);
    }
  }

  function holdUp(): void {
    isHeldUp = true;
    for (const read of underWay.slice(1)) read.askAlone();
    for (const read of waiting.splice(0)) read.askAlone();
  }

  /** Whatever is still under way there is nobody's any more. */
  function drop(): void {
    const spent = client;
    client = undefined;
    socket = undefined;
    isHeldUp = false;
    underWay.length = 0;
    // Not within a call of its own: undici goes on with the client after it has told of a failure.
    setImmediate(() => spent?.destroy().catch(() => undefined));
    sendWaiting();
  }

  const course: Course = {
    ended(read) {
      if (underWay[0] !== read) return;
      underWay.shift();
      firstSince = performance.now();
      if (underWay.length === 0) isHeldUp = false;
      sendWaiting();
    },
    broke(read) {
      if (!underWay.includes(read)) return;
      for (const other of underWay) if (other !== read) other.askAlone();
      drop();
    },
    holdsUp: holdUp,
    left(read) {
      const at = waiting.indexOf(read);
      if (at !== -1) waiting.splice(at, 1);
      if (isHeldUp && underWay[0] === read) drop();
    },
  };

  return {
    workspaceId: undefined,
    isIdle: () => underWay.length === 0,
    isOpen: () => !isHeldUp,
    send(read) {
      waiting.push(new SentRead(read, course));
      sendWaiting();
    },
    look(askedBefore) {
      const [first] = underWay;
      if (!first || firstSince > askedBefore) return;
      if (!isHeldUp) holdUp();
      if (first.isLetGo) drop();
    },
    close: drop,
  };
}
