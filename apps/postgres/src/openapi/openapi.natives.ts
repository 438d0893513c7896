import { isKnownTag, type NativeHandler } from '@plinth/service';
import type { FastifyRequest } from 'fastify';
import type { OpenapiService } from './openapi.service.ts';

/** As the gateway says that it is called. */
function originOf({ headers }: FastifyRequest): string | undefined {
  const { 'x-forwarded-proto': protocol, 'x-forwarded-host': host } = headers;
  return typeof protocol === 'string' && typeof host === 'string' ? `${protocol}://${host}` : undefined;
}

export const openapiNatives = (openapi: OpenapiService): Record<string, NativeHandler> => ({
  async 'openapi.get'(call, request, reply) {
    const has = (tag: string) => isKnownTag(tag, request.headers['if-none-match']);
    const { tag, text } = await openapi.write(call, { origin: originOf(request), has });
    // Whom it is for is not in the URL.
    reply.headers({ etag: tag, 'cache-control': 'private, no-cache' });
    if (text === undefined) return reply.code(304).send();
    return reply.type('application/json; charset=utf-8').send(text);
  },
});
