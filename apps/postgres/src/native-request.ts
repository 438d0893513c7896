import { isUtf8 } from 'node:buffer';
import { AppError } from '@plinth/contracts';
import { replayHeaders } from '@plinth/service';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RowsAnswer } from './rows/answer.ts';

// What the native routes read of a request, and how they answer it.

/** Why a query is given up whose caller went. */
class CallerLeft extends Error {
  override readonly name = 'AbortError';
}

export function leaving({ raw }: FastifyReply): AbortSignal {
  const left = new AbortController();
  raw.once('close', () => {
    if (!raw.writableFinished) left.abort(new CallerLeft());
  });
  return left.signal;
}

export function partsOf({ raw, method }: FastifyRequest) {
  const { url = '' } = raw;
  const end = url.indexOf('?');
  return end === -1
    ? { method, path: url, query: '' }
    : { method, path: url.slice(0, end), query: url.slice(end + 1) };
}

/** The body as UTF-8; undefined where there is none. */
export function bytesIn({ body }: FastifyRequest): Buffer | undefined {
  if (!Buffer.isBuffer(body) || body.length === 0) return undefined;
  if (isUtf8(body)) return body;
  throw new AppError('MALFORMED_JSON', { message: 'The body is not UTF-8' });
}

/** The same as text. */
export const textIn = (request: FastifyRequest): string | undefined => bytesIn(request)?.toString();

/** `"123", W/"124"` as bare versions. */
export const versionsIn = (header: string | undefined): string[] | undefined =>
  header?.split(',').map((tag) => tag.trim().replace(/^W\//, '').replace(/^"|"$/g, ''));

export function send(request: FastifyRequest, reply: FastifyReply, answer: RowsAnswer): FastifyReply {
  return reply
    .code(answer.status)
    .headers(answer.headers)
    .headers(replayHeaders(request.facts))
    .send(answer.body);
}
