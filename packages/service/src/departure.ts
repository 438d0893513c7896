import { HEADERS } from '@plinth/contracts';
import type { FastifyInstance } from 'fastify';

// How a service's listener leaves. First it serves on and says in every answer for how long, so that its callers look
// elsewhere before a connection is refused them; then what is under way ends, and what is left after that is cut.

declare module 'fastify' {
  interface FastifyInstance {
    /** From now on its answers say that in `afterMs` it takes no more requests. */
    announceStop(afterMs: number): void;
  }
}

const DRAIN_MS = 5_500;

export function registerDeparture(app: FastifyInstance): void {
  let isClosing = false;
  app.decorate('announceStop', (afterMs: number) => {
    const at = performance.now() + afterMs;
    // On the socket's own level, so that answers past Fastify say it as well.
    app.server.prependListener('request', (_, response) => {
      response.shouldKeepAlive = false;
      response.setHeader(HEADERS.stopping, Math.max(0, Math.ceil(at - performance.now())));
    });
  });
  app.addHook('preClose', async () => {
    isClosing = true;
    setTimeout(() => app.server.closeAllConnections(), DRAIN_MS).unref();
  });
  // A connection kept alive past its last answer, or on which no request ever came, would hold up the end of the process.
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (isClosing) reply.header('connection', 'close');
    done(null, payload);
  });
}
