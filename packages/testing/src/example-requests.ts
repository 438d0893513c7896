import { type Caller, ID_KINDS, ID_PREFIXES, newId } from '@plinth/contracts';
import type { RouteFacts } from '@plinth/service';

// A well-formed request of any route, with the body that the service's own document gives as an example.

export interface SuiteRequest {
  method: RouteFacts['route']['method'] | 'HEAD';
  url: string;
  payload?: object | string;
  headers?: Record<string, string>;
}

export interface SuiteAnswer {
  status: number;
  headers: Record<string, unknown>;
  body: unknown;
}

export type Ids = Record<string, string>;
type Fields = Record<string, unknown>;

interface Operation {
  requestBody?: { content: Record<string, { example?: Fields } | undefined> };
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
}

export const camel = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

export const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** An id that never was, of the kind that its parameter names. */
export function absentId(parameter: string): string {
  const kind = ID_KINDS.find(
    (known) => parameter === `${known}Id` || parameter === `${ID_PREFIXES[known]}Id`,
  );
  return kind ? newId(kind) : 'none';
}

export function createExampleRequests(
  send: (caller: Caller | undefined, request: SuiteRequest) => Promise<SuiteAnswer>,
) {
  let document: Promise<Document> | undefined;

  return async function requestOf(
    { route }: RouteFacts,
    ids: Ids,
    caller?: Caller,
  ): Promise<SuiteRequest & { payload?: object }> {
    document ??= send(undefined, { method: 'GET', url: '/openapi.json' }).then(
      ({ body }) => body as Document,
    );
    const operation = (await document).paths[route.path]?.[route.method.toLowerCase()];
    const example = operation?.requestBody?.content['application/json']?.example;
    const known: Ids = {
      ...(caller?.workspaceId && { workspaceId: caller.workspaceId }),
      ...ids,
      ...(caller?.organizationId && { org_id: caller.organizationId }),
    };
    const fill = (parameter: string): string =>
      known[parameter] ?? known[camel(parameter)] ?? absentId(camel(parameter));
    const payload =
      example &&
      Object.fromEntries(Object.entries(example).map(([key, value]) => [key, known[camel(key)] ?? value]));
    return {
      method: route.method,
      url: route.path.replace(/\{(\w+)\}/g, (_, parameter: string) => fill(parameter)),
      ...(payload && { payload }),
    };
  };
}
