import {
  API_VERSIONS,
  type ApiVersion,
  AppError,
  documentPathOf,
  isApiVersion,
  type Log,
  NEWEST_VERSION,
} from '@plinth/contracts';
import { stringify } from 'yaml';
import { firstAnswer } from '../first-answer.ts';
import type { OwnExchange, OwnRoute } from '../own-routes.ts';
import { type Asset, createAsset } from './asset.ts';
import { type Merged, mergeDocuments, type NamedDocument } from './merge-documents.ts';
import { withUsedComponents } from './used-components.ts';
import { type OpenApiDocument, openApiDocumentSchema } from './open-api-document.ts';

// The document of the whole product in each version, put together from what each service says of itself. A service that is
// down keeps its place: the last it said stands until it speaks again.

const FRESH_MS = 5_000;
const FETCH_TIMEOUT_MS = 2_000;

export interface OpenApiOptions {
  services: ReadonlyArray<{ name: string; urls: readonly string[] }>;
  publicUrl: string;
  /** What the gateway serves itself, with the head of the whole: info, security, tags. */
  own: (version: ApiVersion) => OpenApiDocument;
  log?: Log | undefined;
  now?: (() => number) | undefined;
}

export interface OpenApi {
  document(version?: ApiVersion): Promise<OpenApiDocument>;
  /** `/openapi.json` and `/openapi.yaml`. */
  routes(): OwnRoute[];
}

async function fetchDocument(url: string, version: ApiVersion): Promise<OpenApiDocument> {
  const response = await fetch(`${url}${documentPathOf(version)}`, {
    redirect: 'error',
    signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(`answered ${response.status}`);
  return openApiDocumentSchema.parse(await response.json());
}

type VersionOptions = Omit<OpenApiOptions, 'own'> & { version: ApiVersion; own: OpenApiDocument };

/** How the document of one version is read. */
function createReader({ services, publicUrl, version, own, log, now = Date.now }: VersionOptions) {
  const head = { ...own, servers: [{ url: publicUrl }] };
  const known = new Map<string, OpenApiDocument>();
  let text = '';
  let current: Rendered = render({ document: head, conflicts: [] });
  let checkedAt = Number.NEGATIVE_INFINITY;
  let checking: Promise<void> | undefined;

  async function ask({ name, urls }: OpenApiOptions['services'][number]): Promise<void> {
    try {
      known.set(name, await firstAnswer(urls, (url) => fetchDocument(url, version)));
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

  return async function fresh(): Promise<Rendered> {
    if (now() - checkedAt > FRESH_MS) {
      checking ??= check().finally(() => {
        checking = undefined;
      });
      await checking;
    }
    return current;
  };
}

function versionAsked({ query }: OwnExchange): ApiVersion {
  const [version = NEWEST_VERSION, ...others] = query.getAll('version');
  if (others.length === 0 && isApiVersion(version)) return version;
  throw new AppError('API_VERSION_UNSUPPORTED', {
    message: `The version is one of: ${API_VERSIONS.join(', ')}`,
    details: { versions: API_VERSIONS },
  });
}

export function createOpenApi({ own, ...options }: OpenApiOptions): OpenApi {
  const readers = new Map(
    API_VERSIONS.map((version) => [version, createReader({ ...options, version, own: own(version) })]),
  );
  async function read(version: ApiVersion): Promise<Rendered> {
    const reader = readers.get(version);
    if (!reader) throw new Error(`no document of ${version}`);
    return reader();
  }

  return {
    document: async (version = NEWEST_VERSION) => (await read(version)).document,
    routes: () => [
      {
        method: 'GET',
        path: '/openapi.json',
        handle: async (exchange) => (await read(versionAsked(exchange))).json.send(exchange),
      },
      {
        method: 'GET',
        path: '/openapi.yaml',
        handle: async (exchange) => (await read(versionAsked(exchange))).yaml().send(exchange),
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
