import { describe, expect, test } from 'vitest';
import { BREAKING_KINDS, breakingChanges, explainBreakingChanges } from './breaking-changes.ts';
import type { JsonObject } from './json.ts';

const thing = {
  type: 'object',
  required: ['id', 'state'],
  properties: {
    id: { type: 'string' },
    state: { type: 'string', enum: ['on', 'off'] },
    note: { type: ['string', 'null'] },
    size: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
    parent: { $ref: '#/components/schemas/Thing' },
    tags: { type: 'array', items: { type: 'string', format: 'uri' } },
  },
};

const body = {
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 40 },
    state: { type: 'string', enum: ['on', 'off'] },
    size: { type: 'number', maximum: 10 },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
  },
};

interface Parts {
  thing?: object;
  body?: object;
  parameters?: readonly object[];
  operation?: object;
  path?: string;
  status?: string;
  headers?: object;
}

const LIMIT = { name: 'limit', in: 'query', required: false, schema: { type: 'integer', maximum: 100 } };
const VERSION = { name: 'X-API-Version', in: 'header', required: true, schema: { type: 'string' } };

function documentOf(parts: Parts = {}): JsonObject {
  const json = (schema: object) => ({ content: { 'application/json': { schema } } });
  const answer = {
    ...json({ $ref: '#/components/schemas/Thing' }),
    headers: parts.headers ?? { ETag: {} },
  };
  return {
    security: [{ bearer: [] }],
    paths: {
      [parts.path ?? '/v1/things']: {
        post: {
          parameters: parts.parameters ?? [LIMIT, { $ref: '#/components/parameters/Version' }],
          requestBody: { required: true, ...json(parts.body ?? body) },
          responses: { [parts.status ?? '201']: answer, 400: { description: 'no' } },
          ...parts.operation,
        },
      },
    },
    components: { schemas: { Thing: parts.thing ?? thing }, parameters: { Version: VERSION } },
  };
}

const changesIn = (parts: Parts) =>
  breakingChanges(documentOf(), documentOf(parts)).map(({ kind, where }) => `${kind}: ${where}`);

interface ObjectSchema {
  required: string[];
  properties: object;
}

const withField = (schema: ObjectSchema, name: string, field: object) => ({
  ...schema,
  properties: { ...schema.properties, [name]: field },
});
const withoutField = (schema: ObjectSchema, gone: string) => ({
  ...schema,
  required: schema.required.filter((name) => name !== gone),
  properties: Object.fromEntries(Object.entries(schema.properties).filter(([name]) => name !== gone)),
});
const requiring = (schema: ObjectSchema, name: string) => ({
  ...schema,
  required: [...schema.required, name],
});

const OP = 'POST /v1/things';

const BREAKING: [string, Parts, string[]][] = [
  ['an operation is gone', { path: '/v1/other' }, [`operation removed: ${OP}`]],
  ['a parameter is gone', { parameters: [VERSION] }, [`parameter removed: ${OP} query limit`]],
  [
    'a parameter is renamed',
    { parameters: [VERSION, { ...LIMIT, name: 'pageSize' }] },
    [`parameter removed: ${OP} query limit`],
  ],
  ['a body field is gone', { body: withoutField(body, 'state') }, [`parameter removed: ${OP} body.state`]],
  [
    'an answer field is gone',
    { thing: withoutField(thing, 'note') },
    [`answer field removed: ${OP} 201.note`],
  ],
  [
    'an answer field may be left out',
    { thing: { ...thing, required: ['id'] } },
    [`answer field removed: ${OP} 201.state (it may be left out)`],
  ],
  ['an answer header is gone', { headers: {} }, [`answer field removed: ${OP} 201 ETag`]],
  ['success has another status', { status: '200' }, [`answer field removed: ${OP} 201`]],
  [
    'a parameter must be given',
    { parameters: [LIMIT, VERSION, { name: 'zone', in: 'query', required: true }] },
    [`required parameter added: ${OP} query zone`],
  ],
  [
    'a new body field must be given',
    { body: requiring(withField(body, 'zone', { type: 'string' }), 'zone') },
    [`required parameter added: ${OP} body.zone`],
  ],
  [
    'a known parameter must be given',
    { parameters: [VERSION, { ...LIMIT, required: true }] },
    [`parameter became required: ${OP} query limit`],
  ],
  [
    'a known body field must be given',
    { body: requiring(body, 'state') },
    [`parameter became required: ${OP} body.state`],
  ],
  [
    'a body field has another type',
    { body: withField(body, 'name', { type: 'integer' }) },
    [`type changed: ${OP} body.name`],
  ],
  [
    'a body field takes fewer types',
    { body: withField(body, 'size', { type: 'integer', maximum: 10 }) },
    [`type changed: ${OP} body.size`],
  ],
  [
    'an answer field has more types',
    { thing: withField(thing, 'id', { type: ['string', 'null'] }) },
    [`type changed: ${OP} 201.id`],
  ],
  [
    'an answer field has one more option',
    { thing: withField(thing, 'id', { anyOf: [{ type: 'string' }, { type: 'null' }] }) },
    [`type changed: ${OP} 201.id`],
  ],
  [
    'the elements of an answer are of another form',
    { thing: withField(thing, 'tags', { type: 'array', items: { type: 'string', format: 'email' } }) },
    [`type changed: ${OP} 201.tags[] format`],
  ],
  [
    'a value may not be sent any more',
    { body: withField(body, 'state', { type: 'string', enum: ['on'] }) },
    [`value removed: ${OP} body.state "off"`],
  ],
  [
    'a value is not answered any more',
    { thing: withField(thing, 'state', { type: 'string', enum: ['on', 'idle'] }) },
    [`value removed: ${OP} 201.state "off"`],
  ],
  [
    'bounds are tighter or new',
    { body: withField(body, 'name', { type: 'string', minLength: 2, maxLength: 30, pattern: '^a' }) },
    ['minLength', 'maxLength', 'pattern'].map((rule) => `rule added: ${OP} body.name ${rule}`),
  ],
  [
    'only some values are taken',
    { body: withField(body, 'name', { type: 'string', enum: ['a'] }) },
    [`rule added: ${OP} body.name enum`],
  ],
  [
    'a value within a record has a rule',
    {
      body: withField(body, 'labels', {
        type: 'object',
        additionalProperties: { type: 'string', maxLength: 5 },
      }),
    },
    [`rule added: ${OP} body.labels.* maxLength`],
  ],
  [
    'a page is smaller',
    { parameters: [VERSION, { ...LIMIT, schema: { type: 'integer', maximum: 50 } }] },
    [`rule added: ${OP} query limit maximum`],
  ],
  [
    'another credential is needed',
    { operation: { security: [{ key: [] }] } },
    [`authentication changed: ${OP}`],
  ],
];

describe('breaks those who use it:', () => {
  test.each(BREAKING)('%s', (_, parts, expected) => {
    expect(changesIn(parts)).toEqual(expected);
  });

  test('each of the nine kinds is among these', () => {
    const shown = new Set(BREAKING.flatMap(([, , changes]) => changes.map((text) => text.split(':')[0])));
    expect([...BREAKING_KINDS].filter((kind) => !shown.has(kind))).toEqual([]);
  });
});

describe('breaks nobody:', () => {
  test.each<[string, Parts]>([
    ['nothing', {}],
    ['a new parameter', { parameters: [LIMIT, VERSION, { name: 'zone', in: 'query' }] }],
    ['a new body field', { body: withField(body, 'zone', { type: 'string', pattern: '^z' }) }],
    ['a new answer field', { thing: requiring(withField(thing, 'zone', { type: 'string' }), 'zone') }],
    ['a new value', { thing: withField(thing, 'state', { type: 'string', enum: ['on', 'off', 'idle'] }) }],
    ['a body field that takes more', { body: withField(body, 'name', { type: ['string', 'null'] }) }],
    ['an answer field that is always there', { thing: requiring(thing, 'note') }],
    ['an answer field that is never null', { thing: withField(thing, 'size', { type: 'integer' }) }],
    ['wider bounds', { body: withField(body, 'name', { type: 'string', minLength: 0, maxLength: 80 }) }],
    ['a parameter in another place', { parameters: [{ $ref: '#/components/parameters/Version' }, LIMIT] }],
    ['new words', { operation: { summary: 'Make a thing' } }],
    ['another credential will do', { operation: { security: [{ bearer: [] }, { key: [] }] } }],
    ['no credential is needed any more', { operation: { security: [] } }],
  ])('%s', (_, parts) => {
    expect(changesIn(parts)).toEqual([]);
  });

  test('a new operation', () => {
    const { paths, ...rest } = documentOf();
    const more = { ...rest, paths: { ...(paths as object), '/v1/new': { get: {} } } };
    expect(breakingChanges(documentOf(), more)).toEqual([]);
  });
});

test('whoever breaks something is told what, and what to do', () => {
  const changes = breakingChanges(documentOf(), documentOf({ thing: withoutField(thing, 'note') }));
  expect(explainBreakingChanges('2024-01-01', changes)).toContain(
    'answer field removed: POST /v1/things 201.note',
  );
  expect(explainBreakingChanges('2024-01-01', changes)).toContain('API_VERSIONS');
});
