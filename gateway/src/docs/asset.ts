import { hash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { OwnExchange } from '../own-routes.ts';

// Something served as it is: with an ETag, and compressed once for each encoding, when it is first asked for in it.

const SMALLEST_TO_COMPRESS = 1_024;
// Eleven would keep a core busy for ten seconds over the bundle, for a tenth less.
const BROTLI_QUALITY = 6;

const ENCODERS = {
  br: (body: Uint8Array) =>
    promisify(brotliCompress)(body, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }),
  gzip: (body: Uint8Array) => promisify(gzip)(body),
} as const;
type Encoding = keyof typeof ENCODERS;

export interface AssetOptions {
  body: Uint8Array;
  type: string;
  cacheControl: string;
  headers?: Readonly<Record<string, string>>;
}

export interface Asset {
  send(exchange: OwnExchange): Promise<void>;
}

/** The best encoding that the client takes; undefined for the plain body. */
export function encodingFor(acceptEncoding: string | undefined): Encoding | undefined {
  const accepted = new Set(
    (acceptEncoding ?? '')
      .toLowerCase()
      .split(',')
      .filter((item) => !/;\s*q=0(?:\.0*)?\s*$/.test(item))
      .map((item) => item.split(';')[0]?.trim()),
  );
  if (accepted.has('br')) return 'br';
  return accepted.has('gzip') ? 'gzip' : undefined;
}

const matches = (ifNoneMatch: string | undefined, etag: string): boolean =>
  (ifNoneMatch ?? '').split(',').some((tag) => tag.trim() === '*' || tag.trim() === etag);

export function createAsset({ body, type, cacheControl, headers }: AssetOptions): Asset {
  // Weak: it names the content, whatever the encoding.
  const etag = `W/"${hash('sha256', body, 'base64url').slice(0, 27)}"`;
  const compressed: Partial<Record<Encoding, Promise<Uint8Array>>> = {};
  const shared = {
    'cache-control': cacheControl,
    etag,
    vary: 'accept-encoding',
    'content-type': type,
    'x-content-type-options': 'nosniff',
    ...headers,
  };

  return {
    async send(exchange) {
      const wanted = encodingFor(exchange.headers['accept-encoding']?.toString());
      const encoding = body.length < SMALLEST_TO_COMPRESS ? undefined : wanted;
      if (encoding) compressed[encoding] ??= ENCODERS[encoding](body);
      const bytes = (encoding && (await compressed[encoding])) ?? body;
      const headers = { ...shared, ...(encoding && { 'content-encoding': encoding }) };
      if (!matches(exchange.headers['if-none-match'], etag)) return exchange.send(200, headers, bytes);
      exchange.send(304, { ...headers, 'content-length': String(bytes.length) });
    },
  };
}
