import type { ServerResponse } from 'node:http';
import { AppError } from '@plinth/contracts';
import { drainOnFinish } from './answer.ts';
import type { Exchange } from './exchange.ts';
import type { OwnMatch } from './own-routes.ts';
import { checkGivenHeaders } from './request-headers.ts';

export async function answerOwnRoute(
  exchange: Exchange,
  response: ServerResponse,
  { route, match }: OwnMatch,
): Promise<void> {
  if (exchange.method !== 'GET' && exchange.method !== 'HEAD')
    throw new AppError('METHOD_NOT_ALLOWED', { headers: { allow: 'GET, HEAD' } });
  checkGivenHeaders(exchange);
  drainOnFinish(exchange, response);
  await route.handle({
    path: exchange.path,
    query: new URLSearchParams(exchange.search),
    headers: exchange.request.headers,
    correlationId: exchange.correlationId,
    match,
    send(status, headers, body = '') {
      const length = { 'content-length': String(Buffer.byteLength(body)) };
      const ours = exchange.answerHeaders;
      const vary = [headers.vary, ours.vary].filter((names) => names !== undefined).join(', ');
      response.writeHead(status, { ...length, ...headers, ...ours, vary });
      response.end(body);
    },
  });
}
