import { type AppError, dialectOf, HEADERS, toErrorBody, toRevokedHeader } from '@plinth/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RequestFacts } from '../call.ts';

/** For the gateway, which keeps it to itself. A change can stand though its answer fails. */
export function tellRevoked(reply: FastifyReply, { revoked }: RequestFacts): void {
  if (revoked) reply.header(HEADERS.revoked, toRevokedHeader(revoked));
}

/** What ran for a caller who has left was given up: nobody's fault. */
const isGivenUp = ({ cause }: AppError, { raw }: FastifyReply): boolean =>
  raw.destroyed && cause instanceof Error && cause.name === 'AbortError';

/** The one way out for an error: 4xx is the caller's business and logs at info, 5xx is ours and logs with its cause. */
export function sendError(request: FastifyRequest, reply: FastifyReply, error: AppError): FastifyReply {
  const { log, correlationId } = request.facts;
  if (isGivenUp(error, reply)) log.info('given up, for the caller has left');
  else if (error.status >= 500) log.error({ err: error.cause ?? error, code: error.code }, error.message);
  else log.info({ code: error.code }, error.message);

  reply.headers(error.headers);
  tellRevoked(reply, request.facts);
  if (error.status === 401 && !reply.hasHeader('www-authenticate'))
    reply.header('www-authenticate', 'Bearer');
  if (error.retryAfter) reply.header('retry-after', error.retryAfter);
  return reply
    .code(error.status)
    .header('content-type', 'application/json; charset=utf-8')
    .send(JSON.stringify(toErrorBody(dialectOf(request.url), error, correlationId)));
}
