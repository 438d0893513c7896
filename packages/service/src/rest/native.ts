import type { Call } from '@plinth/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type BaseContext, beginCall } from '../procedure.ts';
import type { RouteFacts } from './procedures.ts';

// A native route passes what every procedure passes before its own schema has a say; from there on the request and the answer
// are bytes, and the service's. Where values are data and not fields, reading them into objects is most of what a call costs.

/** The body, if there is one, is a Buffer; of a streamed media type it is the request itself. What it throws is answered as every error is. */
export type NativeHandler = (call: Call, request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** More than a JSON body of a procedure: a bulk of rows. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** A route of its own, whose bodies nobody parses. */
export function rawBodies(app: FastifyInstance, streamed: readonly string[]): void {
  app.removeAllContentTypeParsers();
  if (streamed.length > 0)
    app.addContentTypeParser([...streamed], (_request, payload, done) => done(null, payload));
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MAX_BODY_BYTES }, (_request, body, done) =>
    done(null, body),
  );
}

export function handlerOf(natives: Readonly<Record<string, NativeHandler>>, { path }: RouteFacts) {
  const handler = natives[path];
  if (!handler) throw new Error(`procedure ${path} has a native route that nothing answers`);
  return handler;
}

export function runNative(
  handler: NativeHandler,
  { meta, path }: RouteFacts,
  context: BaseContext,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
): Promise<unknown> {
  const call = beginCall(context, meta, path, request.params);
  return handler(call, request, reply);
}
