import type { IncomingMessage, ServerResponse } from 'node:http';

// Bodies that are read as they come. How long one may take is for its reader to say; here it has to move, and what is left of it
// when it was answered is read and dropped for a while: a reset would lose the answer on its way.

const IDLE_MS = 30_000;
const DRAIN_MS = 5_000;

export interface StreamedBodies {
  take(request: IncomingMessage, response: ServerResponse): void;
  /** Whether one arrives on this connection, so that the time that a whole body has is not for it. */
  isUnderWay(connection: object): boolean;
}

function cutWhereSilent(request: IncomingMessage): void {
  const { socket } = request;
  let { bytesRead } = socket;
  const watch = setInterval(() => {
    if (socket.bytesRead === bytesRead) request.destroy();
    ({ bytesRead } = socket);
  }, IDLE_MS);
  watch.unref();
  for (const over of ['end', 'close']) request.once(over, () => clearInterval(watch));
}

function dropRest(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  const cut = setTimeout(() => request.destroy(), DRAIN_MS);
  cut.unref();
  request.once('close', () => clearTimeout(cut));
  // Whoever read it may still be waiting for more.
  request.removeAllListeners('readable').on('data', () => undefined);
}

export function createStreamedBodies(): StreamedBodies {
  const underWay = new WeakSet<object>();
  return {
    take(request, response) {
      const { socket } = request;
      underWay.add(socket);
      cutWhereSilent(request);
      request.once('end', () => underWay.delete(socket));
      response.once('finish', () => dropRest(request));
    },
    isUnderWay: (connection) => underWay.has(connection),
  };
}
