import { createHash } from 'node:crypto';
import type { NativeHandler } from '@plinth/service';
import type { FastifyRequest } from 'fastify';
import { isKnownTag } from '../response/etag.ts';
import type { OpenapiService } from './openapi.service.ts';

/** As the gateway says that it is called. */
function originOf({ headers }: FastifyRequest): string | undefined {
  const { 'x-forwarded-proto': protocol, 'x-forwarded-host': host } = headers;
  return typeof protocol === 'string' && typeof host === 'string' ? `${protocol}://${host}` : undefined;
}

export const openapiNatives = (openapi: OpenapiService): Record<string, NativeHandler> => ({
  async 'openapi.get'(call, request, reply) {
    const text = await openapi.write(call, originOf(request));
    const etag = `"${createHash('sha256').update(text).digest('base64url')}"`;
    // Whom it is for is not in the URL.
    reply.headers({ etag, 'cache-control': 'private, no-cache' });
    if (isKnownTag(etag, request.headers['if-none-match'])) return reply.code(304).send();
    return reply.type('application/json; charset=utf-8').send(text);
  },
});
