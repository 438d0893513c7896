import type { Log } from '@plinth/contracts';
import { stringify } from 'yaml';
import type { OwnRoute } from '../own-routes.ts';
import { type Asset, createAsset } from './asset.ts';
import { type Merged, mergeDocuments, type NamedDocument } from './merge-documents.ts';
import { withUsedComponents } from './used-components.ts';
import { type OpenApiDocument, openApiDocumentSchema } from './open-api-document.ts';

// The document of the whole product, put together from what each service says of itself. A service that is down keeps its
// place: the last it said stands until it speaks again.

const FRESH_MS = 5_000;
const FETCH_TIMEOUT_MS = 2_000;

export interface OpenApiOptions {
  services: ReadonlyArray<{ name: string; url: string }>;
  publicUrl: string;
  /** What the gateway serves itself, with the head of the whole: info, security, tags. */
  own: OpenApiDocument;
  log?: Log | undefined;
  now?: (() => number) | undefined;
}

export interface OpenApi {
  document(): Promise<OpenApiDocument>;
  /** `/openapi.json` and `/openapi.yaml`. */
  routes(): OwnRoute[];
}

async function fetchDocument(url: string): Promise<OpenApiDocument> {
  const response = await fetch(`${url}/openapi.json`, {
    redirect: 'error',
    signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(`answered ${response.status}`);
  return openApiDocumentSchema.parse(await response.json());
}

export function createOpenApi({ services, publicUrl, own, log, now = Date.now }: OpenApiOptions): OpenApi {
  const head = { ...own, servers: [{ url: publicUrl }] };
  const known = new Map<string, OpenApiDocument>();
  let text = '';
  let current: Rendered = render({ document: head, conflicts: [] });
  let checkedAt = Number.NEGATIVE_INFINITY;
  let checking: Promise<void> | undefined;

  async function ask({ name, url }: { name: string; url: string }): Promise<void> {
    try {
      known.set(name, await fetchDocument(url));
    } catch (error) {
      log?.warn({ err: error, upstream: name }, 'a service gave no OpenAPI document; its last one stands');
    }
  }

  async function check(): Promise<void> {
    await Promise.all(services.map(ask));
    checkedAt = now();
    const parts = services.flatMap(({ name }): NamedDocument[] => {
      const document = known.get(name);
      return document ? [{ name, document }] : [];
    });
    const nextText = JSON.stringify(parts);
    if (nextText === text) return;
    text = nextText;
    const merged = mergeDocuments(head, parts);
    current = render({ ...merged, document: withUsedComponents(merged.document) });
    for (const conflict of merged.conflicts) log?.error({ conflict }, 'two OpenAPI documents disagree');
  }

  async function fresh(): Promise<Rendered> {
    if (now() - checkedAt > FRESH_MS) {
      checking ??= check().finally(() => {
        checking = undefined;
      });
      await checking;
    }
    return current;
  }

  return {
    document: async () => (await fresh()).document,
    routes: () => [
      {
        method: 'GET',
        path: '/openapi.json',
        handle: async (exchange) => (await fresh()).json.send(exchange),
      },
      {
        method: 'GET',
        path: '/openapi.yaml',
        handle: async (exchange) => (await fresh()).yaml().send(exchange),
      },
    ],
  };
}

interface Rendered {
  document: OpenApiDocument;
  json: Asset;
  yaml(): Asset;
}

function render({ document }: Merged): Rendered {
  const cacheControl = 'no-cache';
  const json = JSON.stringify(document);
  let yaml: Asset | undefined;
  return {
    document,
    json: createAsset({ body: Buffer.from(json), type: 'application/json; charset=utf-8', cacheControl }),
    yaml() {
      // Read back from the JSON: objects that two places share would become YAML anchors.
      yaml ??= createAsset({
        body: Buffer.from(stringify(JSON.parse(json))),
        type: 'application/yaml; charset=utf-8',
        cacheControl,
      });
      return yaml;
    },
  };
}
