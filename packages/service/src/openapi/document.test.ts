import { dialectOf, ERROR_CODES, type ErrorCode, statusOf } from '@plinth/contracts';
import { describe, expect, test } from 'vitest';
import { type RouteFacts, routesOf } from '../rest/procedures.ts';
import { snakeCasing } from '../rest/casing.ts';
import { FIXTURE_RESOURCES, fixtureRouter } from '../testing/fixture-router.ts';
import { outputIn } from './dialect-schemas.ts';
import { createDocument, titleOf } from './document.ts';

interface Media {
  schema: object;
  example?: Record<string, unknown>;
  examples?: Record<string, { value: { error: unknown } }>;
}

interface Answer {
  description: string;
  headers: Record<string, object>;
  content?: Record<string, Media>;
}

interface Parameter {
  name?: string;
  in?: string;
  required?: boolean;
  example?: unknown;
  description?: string;
  schema?: { description?: string };
  $ref?: string;
}

interface Operation {
  'x-idempotency'?: string;
  'x-plinth-permission'?: string;
  description?: string;
  operationId: string;
  summary: string;
  parameters: Parameter[];
  requestBody?: { required?: boolean; content: Record<string, Media> };
  responses: Record<string, Answer>;
  security: object[];
}

const document = JSON.parse(
  JSON.stringify(createDocument({ title: 'Fixture', router: fixtureRouter, resources: FIXTURE_RESOURCES })),
);
const paths: Record<string, Record<string, Operation>> = document.paths;
const routes = routesOf(fixtureRouter);

function operationOf({ route }: RouteFacts): Operation {
  const operation = paths[route.path]?.[route.method.toLowerCase()];
  if (!operation) throw new Error(`${route.method} ${route.path} is not in the document`);
  return operation;
}

const operation = (method: string, path: string): Operation => {
  const found = routes.find(({ route }) => route.method === method && route.path === path);
  if (!found) throw new Error(`${method} ${path} is no route`);
  return operationOf(found);
};

const namesOf = ({ parameters }: Operation): (string | undefined)[] =>
  parameters.map(({ name, $ref }) => name ?? $ref?.split('/').at(-1));

const ORGANIZATION_THINGS = '/api/v1/organizations/{org_id}/things';

describe('the document', () => {
  test('lists every route and no other', () => {
    const listed = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(listed.sort()).toEqual(routes.map(({ route }) => `${route.method} ${route.path}`).sort());
  });

  test('gives each operation an id of its own', () => {
    const ids = routes.map((facts) => operationOf(facts).operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toContain('thingCreate');
    expect(ids).toContain('organizationThingCreate');
  });

  test('tells an operation from the same in another dialect', () => {
    const routesOfThings = [
      ['POST', '/v1/things'],
      ['POST', ORGANIZATION_THINGS],
    ] as const;
    const [own, other] = routesOfThings.map(([method, path]) => operation(method, path).summary);
    expect(other).toBe(`${own} (organization dialect)`);
  });

  test('refers to nothing that is not there', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref ?? '');
    expect(refs.length).toBeGreaterThan(10);
    for (const ref of new Set(refs)) {
      const target = ref
        .replace('#/', '')
        .split('/')
        .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], document);
      expect(target, ref).toBeTypeOf('object');
    }
  });

  test('has an example of a header just where it is required, for a console sends what it is shown', () => {
    const headers: Parameter[] = Object.values(document.components.parameters);
    expect(headers.length).toBeGreaterThan(4);
    for (const { name, required, example } of headers) expect(example !== undefined, name).toBe(required);
  });

  test('describes each resource', () => {
    expect(document.tags).toEqual([
      { name: 'Thing', 'x-displayName': 'Thing', description: FIXTURE_RESOURCES.thing },
      { name: 'Token', 'x-displayName': 'Token', description: FIXTURE_RESOURCES.token },
    ]);
    expect(['serviceAccount', 'apiKey', 'openapi'].map(titleOf)).toEqual([
      'Service account',
      'API key',
      'OpenAPI',
    ]);
  });
});

describe.each(routes.map((facts) => [`${facts.route.method} ${facts.route.path}`, facts] as const))(
  '%s',
  (_, facts) => {
    const { route, input, output } = facts;
    const shown = operationOf(facts);
    const status = String(route.status ?? 200);

    test('describes each of its parameters', () => {
      const own = shown.parameters.filter(({ $ref }) => $ref === undefined);
      for (const { name, description, schema } of own) {
        expect(description ?? schema?.description, name).toBeTypeOf('string');
      }
    });

    test('says which permission it needs, to readers and to clients, and what is said to who lacks it', () => {
      const { permission } = facts.meta;
      const { description, responses, 'x-plinth-permission': told } = operationOf(facts);
      expect(told).toBe(permission);
      if (permission === 'anonymous' || permission === 'signedIn') return;
      expect(description).toContain(`The caller needs the permission \`${permission}\``);
      const example = responses['403']?.content?.['application/json']?.examples?.PERMISSION_DENIED?.value;
      expect(JSON.stringify(example)).toContain(permission);
    });

    test('has an example of its body that it would take', () => {
      for (const { example } of Object.values(shown.requestBody?.content ?? {})) {
        expect(example).toBeDefined();
        const casing = route.dialect === 'platform' ? undefined : snakeCasing(input, output);
        const given = casing ? casing.input(example) : example;
        const parameters = Object.fromEntries(
          shown.parameters.filter((one) => one.in === 'path').map(({ name }) => [name, undefined]),
        );
        const known = input?.omit(
          Object.fromEntries(
            Object.keys(parameters)
              .filter((name) => name in input.shape)
              .map((n) => [n, true]),
          ) as never,
        );
        expect(known?.safeParse(given).error).toBeUndefined();
      }
    });

    test('has an example of its answer that its schema allows', () => {
      const answer = shown.responses[status];
      if (status === '204') return expect(answer?.content).toBeUndefined();
      const example = answer?.content?.['application/json']?.example;
      expect(outputIn(route.dialect, output).safeParse(example).error).toBeUndefined();
    });

    test('answers with one status of success, and has an example of every error in its dialect', () => {
      const successes = Object.keys(shown.responses).filter((code) => code < '300');
      expect(successes).toEqual([status]);
      const tellsUnchanged = namesOf(shown).includes('IfNoneMatch');
      expect('304' in shown.responses).toBe(tellsUnchanged);
      for (const [code, { description, content }] of Object.entries(shown.responses)) {
        if (code < '400') continue;
        const named = [...description.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name as ErrorCode);
        expect(named.length).toBeGreaterThan(0);
        const { examples = {} } = content?.['application/json'] ?? {};
        expect(Object.keys(examples).sort()).toEqual([...named].sort());
        for (const name of named) {
          expect(ERROR_CODES).toContain(name);
          expect(String(statusOf(name))).toBe(code);
          const { error } = examples[name]?.value ?? {};
          if (dialectOf(route.path) === 'deployments') expect(error).toBeTypeOf('string');
          else expect(error).toMatchObject({ code: expect.any(String), message: expect.any(String) });
        }
      }
    });

    test('names the parameters of its path, once', () => {
      const inPath = shown.parameters.filter((one) => one.in === 'path').map(({ name }) => name);
      expect(inPath.sort()).toEqual([...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort());
    });
  },
);

describe('what a route brings along', () => {
  test('the headers that its dialect requires', () => {
    const platform = namesOf(operation('POST', '/v1/things'));
    expect(platform).toEqual(
      expect.arrayContaining(['ApiVersion', 'CorrelationId', 'IdempotencyKey', 'OrganizationId']),
    );
    const organization = namesOf(operation('POST', ORGANIZATION_THINGS));
    expect(organization).toContain('OptionalIdempotencyKey');
    expect(organization).not.toContain('ApiVersion');
    expect(namesOf(operation('GET', '/v1/things'))).not.toContain('IdempotencyKey');
  });

  test('what it says of idempotency, to readers and to clients', () => {
    const create = operation('POST', '/v1/things');
    expect(create['x-idempotency']).toBe('required');
    expect(operation('POST', ORGANIZATION_THINGS)['x-idempotency']).toBe('supported');
    expect(operation('GET', '/v1/things')).not.toHaveProperty('x-idempotency');
    expect(operation('POST', '/v1/auth/token')).not.toHaveProperty('x-idempotency');
    expect(namesOf(create)).toContain('PreferWait');
    expect(create.responses['201']?.headers).toMatchObject({
      'X-Idempotency-Replayed': {},
      'X-Idempotency-Original-Request-Id': {},
      'X-Idempotency-Expires': {},
      'Preference-Applied': {},
    });
    expect(JSON.stringify(create.responses['409'])).toContain('IDEMPOTENCY_IN_PROGRESS');
    expect(JSON.stringify(create.responses['503'])).toContain('IDEMPOTENCY_UNAVAILABLE');
  });

  test('If-Match as a header and never as a field', () => {
    const update = operation('PATCH', '/v1/things/{thingId}/versions/{version}');
    expect(namesOf(update)).toContain('IfMatch');
    expect(JSON.stringify(update.requestBody)).not.toContain('ifMatch');
    expect(update.responses['412']).toBeDefined();
  });

  test('Location and ETag on what is created', () => {
    const { responses } = operation('POST', '/v1/things');
    expect(responses['201']?.headers).toMatchObject({ Location: {}, ETag: {}, 'X-Correlation-Id': {} });
    expect(responses['429']?.headers).toHaveProperty('Retry-After');
  });

  test('no credentials where none are needed, and a form where it takes one', () => {
    const token = operation('POST', '/v1/auth/token');
    expect(token.security).toEqual([]);
    expect(Object.keys(token.requestBody?.content ?? {})).toEqual([
      'application/json',
      'application/x-www-form-urlencoded',
    ]);
    expect(token.responses['403']).toBeUndefined();
    expect(namesOf(token)).not.toContain('IdempotencyKey');
    expect(operation('GET', '/v1/things').security).toEqual([{ bearer: [] }, { apiKey: [] }]);
  });

  test('snake_case throughout, where the dialect writes so', () => {
    const list = operation('GET', ORGANIZATION_THINGS);
    expect(namesOf(list)).toEqual(expect.arrayContaining(['org_id', 'show_deleted', 'limit', 'cursor']));
    const example = list.responses['200']?.content?.['application/json']?.example;
    expect(example).toMatchObject({
      data: [
        {
          thing_id: expect.any(String),
          user_settings: { pageSize: 20 },
          access_rules: [{ rule_name: 'all' }],
        },
      ],
      meta: { request_id: expect.any(String), has_more: false },
    });
  });

  test('the offset of a page of the deployments dialect beside its data', () => {
    const { responses } = operation('GET', '/api/v1/deployments/things');
    expect(responses['200']?.content?.['application/json']?.example).toMatchObject({
      data: { all_things: [{ display_name: 'A thing' }] },
      pagination: { offset: 0, limit: 20, total: 1 },
    });
  });

  test('the errors that the kit itself can give', () => {
    const codes = (method: string, path: string) => JSON.stringify(operation(method, path).responses);
    for (const code of ['TENANT_SUSPENDED', 'JSON_TOO_DEEP', 'IDEMPOTENCY_KEY_INVALID', 'SLUG_TAKEN']) {
      expect(codes('POST', '/v1/things')).toContain(`"${code}"`);
    }
    expect(codes('GET', '/v1/things/{thingId}')).not.toContain('TENANT_SUSPENDED');
    const changed = codes('PATCH', '/v1/things/{thingId}/versions/{version}');
    for (const code of ['PLAN_CAPABILITY_REQUIRED', 'WORKSPACE_CAPABILITY_REQUIRED', 'WORKSPACE_SUSPENDED']) {
      expect(changed).toContain(`"${code}"`);
    }
  });
});
