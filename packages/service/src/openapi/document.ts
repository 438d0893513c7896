import { API_VERSIONS, type ApiVersion, NEWEST_VERSION } from '@plinth/contracts';
import type { AnyTRPCRouter } from '@trpc/server';
import { generateOpenApiDocument, type OpenAPIObject, type OpenApiMeta } from 'trpc-to-openapi';
import { z } from 'zod';
import { type RouteFacts, routesOf } from '../rest/procedures.ts';
import { changesSince, type VersionChange } from '../versions/version-change.ts';
import type { NativeRoute, ProcedureMeta, RequiredPermission } from '../meta.ts';
import {
  answerHeaders,
  CREDENTIALS,
  idempotencyOf,
  requestHeaders,
  sharedComponentsOf,
  tellsUnchanged,
} from './components.ts';
import { inputIn, outputIn } from './dialect-schemas.ts';
import { errorResponses } from './errors.ts';
import { createExampleOf, type JsonSchema } from './example.ts';
import { permissionSentence } from './permission.ts';
import { capitalize, operationIdOf } from './operation-id.ts';

// trpc-to-openapi knows one route a procedure, in one dialect, with its own errors. So it is shown a stand-in for each
// route, whose schemas are those of the dialect, and what it cannot know is written over its result.

interface StandIn {
  _def: { type: string; meta: OpenApiMeta; inputs: z.ZodType[]; output: z.ZodType };
}

interface Media {
  schema?: JsonSchema;
  example?: unknown;
}

interface Answer {
  description: string;
  headers?: object;
  content?: Readonly<Record<string, Media>>;
}

interface Operation {
  parameters?: object[];
  requestBody?: { content: Readonly<Record<string, Media>> };
  responses: Record<string, Answer>;
  security?: readonly object[];
  'x-idempotency'?: 'required' | 'supported';
  'x-plinth-permission'?: RequiredPermission;
}

/** As a heading: `serviceAccount` is `Service account`. */
export const titleOf = (resource: string): string =>
  capitalize(resource.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)).replace(/api\b/i, 'API');

/** What another dialect has too is told from it. */
function summaryOf({ meta, route }: RouteFacts): string {
  const hasOther = route.dialect !== 'platform' && meta.rest?.some(({ dialect }) => dialect === 'platform');
  return hasOther ? `${meta.summary} (${route.dialect} dialect)` : meta.summary;
}

const tagOf = (path: string): string => capitalize(path.split('.')[0] ?? path);

function standIn(facts: RouteFacts): StandIn {
  const { route, meta, type, output } = facts;
  return {
    _def: {
      type,
      inputs: [inputIn(facts)],
      output: outputIn(route.dialect, output),
      meta: {
        openapi: {
          method: route.method,
          path: route.path,
          operationId: `${operationIdOf(facts.path, route.dialect)}${capitalize(route.variant ?? '')}`,
          summary: summaryOf(facts),
          tags: [tagOf(facts.path)],
          protect: meta.permission !== 'anonymous',
          errorResponses: {},
          contentTypes: ['application/json', ...(route.form ? ['application/x-www-form-urlencoded'] : [])],
          description: [meta.description, permissionSentence(meta)].filter(Boolean).join(' '),
          ...(meta.deprecated && { deprecated: true }),
        },
      },
    },
  };
}

function fillExamples(media: Media | undefined, exampleOf: (schema: JsonSchema) => unknown): void {
  if (!media?.schema || media.example !== undefined) return;
  const example = exampleOf(media.schema);
  if (example !== undefined) media.example = example;
}

function securityOf({ permission, callerKinds }: ProcedureMeta): readonly object[] {
  if (permission === 'anonymous') return [];
  return callerKinds && !callerKinds.includes('apiKey') ? [{ bearer: [] }] : CREDENTIALS;
}

function finish(operation: Operation, facts: RouteFacts, exampleOf: (schema: JsonSchema) => unknown): void {
  const { route, meta } = facts;
  const { 200: success } = operation.responses;
  if (!success) throw new Error(`${facts.path} has no answer in its document`);
  const status = route.status ?? 200;
  const answered = { ...success, description: meta.summary, headers: answerHeaders(facts) };
  if (route.native) writeNative(operation, answered, route.native);
  if (status === 204) delete answered.content;

  operation.parameters = [...(operation.parameters ?? []), ...requestHeaders(facts)];
  operation.security = securityOf(meta);
  operation['x-plinth-permission'] = meta.permission;
  const idempotency = idempotencyOf(facts);
  if (idempotency) operation['x-idempotency'] = idempotency;
  operation.responses = { [status]: answered, ...otherAnswers(facts, answered), ...errorResponses(facts) };
  const whole = facts.input && z.globalRegistry.get(facts.input)?.example;
  for (const media of Object.values(operation.requestBody?.content ?? {})) {
    // Where the examples of its fields make no whole, a body has one of its own.
    if (whole !== undefined && media.example === undefined) media.example = whole;
    fillExamples(media, exampleOf);
  }
  fillExamples(answered.content?.['application/json'], exampleOf);
}

function writeNative(
  operation: Operation,
  answered: Answer,
  { parameters, requestBody, answer }: NativeRoute,
): void {
  operation.parameters = [...(operation.parameters ?? []), ...parameters];
  if (requestBody) operation.requestBody = requestBody;
  else delete operation.requestBody;
  answered.description = answer.description;
  answered.headers = { ...answered.headers, ...answer.headers };
  if (answer.content) answered.content = answer.content;
  else delete answered.content;
}

const HAVE_BODY: ReadonlySet<string> = new Set(['201', '206']);
const UNCHANGED = 'What is at hand is still so.';

function otherAnswers(facts: RouteFacts, { headers, content }: Answer): Record<string, Answer> {
  const others = facts.route.native?.others ?? (tellsUnchanged(facts) ? { 304: UNCHANGED } : {});
  return Object.fromEntries(
    Object.entries(others).map(([status, description]) => [
      status,
      { description, ...(headers && { headers }), ...(content && HAVE_BODY.has(status) && { content }) },
    ]),
  );
}

export interface DocumentOptions {
  title: string;
  router: AnyTRPCRouter;
  /** What each resource of the router is, in a sentence. */
  resources: Readonly<Record<string, string>>;
}

/** One tag a resource, in the order of the router. */
function tagsOf(routes: readonly RouteFacts[], resources: DocumentOptions['resources']) {
  const names = new Set(routes.map(({ path }) => path.split('.')[0] ?? path));
  return [...names].map((name) => {
    const description = resources[name];
    if (!description) throw new Error(`the resource ${name} has no description`);
    return { name: capitalize(name), 'x-displayName': titleOf(name), description };
  });
}

export function createDocument({ title, router, resources }: DocumentOptions): OpenAPIObject {
  const routes = routesOf(router);
  const procedures = Object.fromEntries(
    routes.map((facts) => [`${facts.path} ${facts.route.method} ${facts.route.path}`, standIn(facts)]),
  );
  const shown = { _def: { procedures } } as unknown as Parameters<typeof generateOpenApiDocument>[0];
  const document = generateOpenApiDocument(shown, {
    title,
    version: NEWEST_VERSION,
    openApiVersion: '3.1.0',
    baseUrl: '/',
  });

  document.tags = tagsOf(routes, resources);
  const { schemas, ...shared } = sharedComponentsOf(NEWEST_VERSION);
  document.components = { ...shared, schemas: { ...document.components?.schemas, ...schemas } };
  const exampleOf = createExampleOf(document);
  for (const facts of routes) {
    const item = document.paths?.[facts.route.path] as Record<string, Operation> | undefined;
    const operation = item?.[facts.route.method.toLowerCase()];
    if (!operation) throw new Error(`${facts.path} is missing from the document`);
    finish(operation, facts, exampleOf);
  }
  return document;
}

/** The document of each published version: the newest, taken back through the changes since. */
export function createDocuments(
  options: DocumentOptions,
  changes: readonly VersionChange[],
): ReadonlyMap<ApiVersion, OpenAPIObject> {
  const newest = createDocument(options);
  return new Map(API_VERSIONS.map((version) => [version, asOf(version, newest, changes)]));
}

function asOf(version: ApiVersion, newest: OpenAPIObject, changes: readonly VersionChange[]): OpenAPIObject {
  const older = changesSince(changes, version).reduceRight(
    (document, change) => change.patchDocument(document),
    newest,
  );
  const { parameters = {}, headers = {} } = sharedComponentsOf(version);
  return {
    ...older,
    info: { ...older.info, version },
    components: { ...older.components, parameters, headers },
  };
}
