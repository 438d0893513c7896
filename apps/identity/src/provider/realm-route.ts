import type { FastifyInstance } from 'fastify';
import type { IdentityProvider } from './provider.ts';

/**
 * The embedded provider's own pages and endpoints, at the public path of its issuer. They are for anybody, and the
 * provider reads the body itself: the reply is taken over before Fastify looks at it.
 */
export function registerRealm(app: FastifyInstance, { handle }: IdentityProvider): void {
  if (!handle) return;
  app.all(
    '/realms/*',
    {
      config: { open: true },
      onRequest: async (request, reply) => {
        reply.hijack();
        handle(request.raw, reply.raw);
      },
    },
    () => undefined,
  );
}
