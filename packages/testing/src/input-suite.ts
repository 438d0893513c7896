import type { Caller, FieldError } from '@plinth/contracts';
import { fieldErrors, pathParametersOf, proceduresOf, type RouteFacts, routesOf } from '@plinth/service';
import type { AnyTRPCRouter } from '@trpc/server';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import {
  camel,
  createExampleRequests,
  snake,
  type SuiteAnswer,
  type SuiteRequest,
} from './example-requests.ts';
import { testMember } from './service-keys.ts';
import { wrongInputsOf, wrongTextsOf } from './wrong-inputs.ts';

// Whatever is wrong in an input is refused by name. Of places deep within, that is a matter of the schema and of how its complaints
// are told, so it needs no request; each field of each procedure and route is sent, all that are wrong at once.

export interface InputSuite {
  router: AnyTRPCRouter;
  /** As it is called under `/trpc`. */
  service: string;
  send(caller: Caller | undefined, request: SuiteRequest): Promise<SuiteAnswer>;
  /** Who may call every route; the owner of an organization unless it says otherwise. */
  entitled?(): Caller;
}

interface Refusal {
  code?: string;
  details?: { code?: string; fields?: FieldError[] };
}

/** The fields that a refusal names, as procedures spell them. What is not there names what it is the id of. */
function namedBy({ status, body }: SuiteAnswer): string[] {
  const { error } = body as { error?: Refusal & { data?: Refusal } };
  const { code = '', details } = error?.data ?? error ?? {};
  if (status === 404) return [camel(`${(details?.code ?? code).replace('_NOT_FOUND', '_id').toLowerCase()}`)];
  return status === 400 ? (details?.fields ?? []).map(({ path }) => camel(path)) : [`${status} ${code}`];
}

const isAmong = (paths: readonly string[], named: string): boolean =>
  paths.some((path) => path === named || path.startsWith(`${named}.`));

/** For each field of an input the first value that is wrong in it. */
function wrongFields(schema: z.ZodObject): Record<string, unknown> {
  const firsts = wrongInputsOf(schema).toReversed();
  return Object.fromEntries(firsts.map(({ field, input }) => [field, input[field]]));
}

/** What can be wrong of a route, by the names that its dialect has for it. */
function wrongOf({ route, input }: RouteFacts) {
  const spelt = route.dialect === 'platform' ? (field: string) => field : snake;
  const inPath = pathParametersOf(route.path).map(camel);
  const isGiven = ([field]: [string, unknown]) => !inPath.includes(field) && field !== 'ifMatch';
  const respelt = <Value>(fields: Record<string, Value>) =>
    Object.fromEntries(
      Object.entries(fields)
        .filter(isGiven)
        .map(([field, value]) => [spelt(field), value]),
    );
  const takesBody = route.method !== 'GET' && route.method !== 'DELETE';
  const texts = input ? wrongTextsOf(input) : {};
  return {
    path: Object.entries(texts).filter(([field]) => inPath.includes(field)),
    query: takesBody ? {} : respelt(texts),
    payload: takesBody && input ? respelt(wrongFields(input)) : {},
  };
}

export function inputSuite({
  router,
  service,
  send,
  entitled = () => testMember('owner'),
}: InputSuite): void {
  const requestOf = createExampleRequests(send);

  /** Those of the fields that the answer to a request does not name. */
  async function unnamed(
    caller: Caller,
    request: SuiteRequest,
    fields: readonly string[],
  ): Promise<string[]> {
    if (fields.length === 0) return [];
    const paths = namedBy(await send(caller, request));
    return fields.map(camel).flatMap((field) => (isAmong(paths, field) ? [] : [`${field}: ${paths}`]));
  }

  describe('what is wrong in an input is named', () => {
    const procedures = proceduresOf(router).flatMap(({ path, type, input }) =>
      input ? [[path, type, input] as const] : [],
    );
    test.each(procedures)('%s', async (path, type, schema) => {
      for (const { name, named, input } of wrongInputsOf(schema)) {
        const { error } = schema.safeParse(input);
        const paths = error ? fieldErrors(error).map((field) => field.path) : [];
        expect(isAmong(paths, named), `${name}: ${paths}`).toBe(true);
      }
      const wrong = wrongFields(schema);
      const url = `/trpc/${service}/${path}`;
      const request: SuiteRequest =
        type === 'query'
          ? { method: 'GET', url: `${url}?input=${encodeURIComponent(JSON.stringify(wrong))}` }
          : { method: 'POST', url, payload: wrong };
      expect(await unnamed(entitled(), request, Object.keys(wrong))).toEqual([]);
    });

    // What a native route is asked is its own to read.
    const routes = routesOf(router).filter(({ route }) => !route.native);
    test.each(routes.map((facts) => [`${facts.route.method} ${facts.route.path}`, facts] as const))(
      '%s',
      async (_, facts) => {
        const caller = entitled();
        const { path, query, payload } = wrongOf(facts);
        for (const [field, text] of path) {
          const request = await requestOf(facts, { [field]: encodeURIComponent(text) }, caller);
          expect(await unnamed(caller, request, [field])).toEqual([]);
        }
        const request = await requestOf(facts, {}, caller);
        const asked = { ...request, url: `${request.url}?${new URLSearchParams(query)}` };
        expect(await unnamed(caller, asked, Object.keys(query))).toEqual([]);
        expect(await unnamed(caller, { ...request, payload }, Object.keys(payload))).toEqual([]);
      },
    );
  });
}
