import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { OwnRoute } from '../own-routes.ts';
import { type Asset, createAsset } from './asset.ts';

// The reference page with its try-it console: Scalar's bundle from this installation, a start script of ours, and a policy
// under which the page can reach nobody but the gateway that served it.

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "connect-src 'self'",
  // Scalar writes its own style elements.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const PAGE_HEADERS = {
  'content-security-policy': POLICY,
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
};

const REVALIDATE = 'no-cache';
// The page names the bundle by its version, so an old one is never used for a new one.
const FOR_EVER = 'public, max-age=31536000, immutable';

const packageSchema = z.object({ version: z.string() });

function scalarVersion(packageFolder: URL): string {
  return packageSchema.parse(JSON.parse(readFileSync(new URL('package.json', packageFolder), 'utf8')))
    .version;
}

const ours = (name: string): string => readFileSync(new URL(`./page/${name}`, import.meta.url), 'utf8');

export function docsRoutes(): OwnRoute[] {
  // The package exports no path to its bundle: dist/index.js is the one entry from which to find it.
  const scalar = new URL('../', import.meta.resolve('@scalar/api-reference'));

  const page = () =>
    createAsset({
      body: Buffer.from(ours('index.html').replace('{{version}}', scalarVersion(scalar))),
      type: 'text/html; charset=utf-8',
      cacheControl: REVALIDATE,
      headers: PAGE_HEADERS,
    });
  const start = () =>
    createAsset({
      body: Buffer.from(ours('start.js')),
      type: 'text/javascript; charset=utf-8',
      cacheControl: REVALIDATE,
    });
  const bundle = () =>
    createAsset({
      body: readFileSync(fileURLToPath(new URL('dist/browser/standalone.js', scalar))),
      type: 'text/javascript; charset=utf-8',
      cacheControl: FOR_EVER,
    });

  return [route('/docs', page), route('/docs/start.js', start), route('/docs/scalar.js', bundle)];
}

/** Read at first use: most gateways are never asked. */
function route(path: string, read: () => Asset): OwnRoute {
  let asset: Asset | undefined;
  return {
    method: 'GET',
    path,
    handle(exchange) {
      asset ??= read();
      return asset.send(exchange);
    },
  };
}
