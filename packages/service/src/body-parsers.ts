import { isUtf8 } from 'node:buffer';
import { AppError } from '@plinth/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';

const MAX_DEPTH = 32;

/** Measured on the text, before anything is built from it. */
export function depthOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < json.length; i++) {
    const character = json[i];
    if (inString) {
      if (character === '\\') i++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') deepest = Math.max(deepest, ++depth);
    else if (character === '}' || character === ']') depth--;
  }
  return deepest;
}

export const isTooDeep = (json: string): boolean => depthOf(json) > MAX_DEPTH;

/** Undefined for bytes of another encoding: decoded all the same, they would be stored as U+FFFD. */
export const decode = (bytes: Buffer): string | undefined => (isUtf8(bytes) ? bytes.toString() : undefined);

/** A `__proto__` or `constructor.prototype` can be written in plain or in escapes. */
const MAY_NAME_PROTOTYPE = /__proto__|constructor|\\u00/;

/** What is wrong with JSON that somebody else is going to parse. */
export function createJsonCheck(app: FastifyInstance) {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  return (request: FastifyRequest, json: string): AppError | undefined => {
    if (isTooDeep(json)) return new AppError('JSON_TOO_DEEP');
    if (!MAY_NAME_PROTOTYPE.test(json)) return undefined;
    let problem: AppError | undefined;
    parseJson(request, json, (error) => {
      if (error) problem = new AppError('MALFORMED_JSON', { cause: error });
    });
    return problem;
  };
}

export function registerBodyParsers(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  // No operation is a QUERY: the body of one is left alone, so that nothing comes before its 405.
  app.addHttpMethod('QUERY', { hasBody: false, overrideExisting: true });

  app.addContentTypeParser<Buffer>(
    /^application\/(?:[\w.-]+\+)?json(?:;|$)/,
    { parseAs: 'buffer' },
    (request, bytes, done) => {
      const body = decode(bytes);
      if (body === undefined) return done(new AppError('MALFORMED_JSON'));
      if (body.trim() === '') return done(null, undefined);
      if (isTooDeep(body)) return done(new AppError('JSON_TOO_DEEP'));
      return parseJson(request, body, done);
    },
  );

  app.addContentTypeParser<string>(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (request, body, done) => {
      if (!request.routeOptions.config.form) return done(new AppError('UNSUPPORTED_MEDIA_TYPE'));
      const form = new URLSearchParams(body);
      const seen = new Set<string>();
      const twice = [...form.keys()].find((key) => seen.size === seen.add(key).size);
      if (twice !== undefined)
        return done(new AppError('INVALID_REQUEST', { message: `${twice} is given twice` }));
      return done(null, Object.fromEntries(form));
    },
  );
}
