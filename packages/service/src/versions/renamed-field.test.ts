import { expect, test } from 'vitest';
import { eachResource, renamedField } from './renamed-field.ts';

const { renameKeys, renamePaths, renameInDocument } = renamedField({ older: 'kind', newer: 'type' });

test('renames the field and leaves the others, and their order, as they are', () => {
  expect(JSON.stringify(renameKeys({ id: 1, kind: 'a', name: 'b' }))).toBe('{"id":1,"type":"a","name":"b"}');
  expect(JSON.stringify(renameKeys({ id: 1, type: 'a', name: 'b' }))).toBe('{"id":1,"kind":"a","name":"b"}');
});

test('keeps a field of the other version apart, so that it is refused', () => {
  expect(renameKeys({ kind: 'a', type: 'b' })).toEqual({ type: 'a', kind: 'b' });
});

test('does not reach into what the field holds', () => {
  expect(renameKeys({ kind: { kind: 1 } })).toEqual({ type: { kind: 1 } });
});

test('names bad fields as they were given', () => {
  const fields = ['type', 'kind', 'type.0.type', 'other'].map((path) => ({ path, code: 'c', message: 'm' }));
  expect(renamePaths({ fields, more: 1 })).toEqual({
    fields: ['kind', 'type', 'kind.0.type', 'other'].map((path) => ({ path, code: 'c', message: 'm' })),
    more: 1,
  });
  expect(renamePaths({ slug: 'type' })).toEqual({ slug: 'type' });
});

test('renames in each item of a page', () => {
  const pagination = { nextCursor: null, hasMore: false };
  expect(eachResource({ data: [{ type: 'a' }, { type: 'b' }], pagination }, renameKeys)).toEqual({
    data: [{ kind: 'a' }, { kind: 'b' }],
    pagination,
  });
  expect(eachResource({ type: 'a', data: [] }, renameKeys)).toEqual({ kind: 'a', data: [] });
  expect(eachResource(undefined, renameKeys)).toBeUndefined();
});

test('renames in the operations and components that are named, wherever a schema or an example shows the field', () => {
  const schema = (name: string) => ({
    type: 'object' as const,
    required: ['id', name],
    properties: { id: {}, [name]: { type: 'string' as const, description: 'what it is' } },
  });
  const documentWith = (name: string) => ({
    openapi: '3.1.0' as const,
    info: { title: 'Things', version: '1' },
    paths: {
      '/v1/things': {
        get: {
          operationId: 'thingList',
          parameters: [{ name, in: 'query' as const, schema: { type: 'string' as const } }],
          responses: {
            200: {
              description: 'All',
              content: {
                'application/json': {
                  schema: { type: 'array' as const, items: schema(name) },
                  example: { data: [{ id: 1, [name]: 'x' }] },
                },
              },
            },
          },
        },
        post: { operationId: 'otherCreate', requestBody: { content: { json: { schema: schema('type') } } } },
      },
    },
    components: { schemas: { Thing: schema(name), Other: schema('type') } },
  });
  const places = { operations: ['thing.list'], schemas: ['Thing'] };
  const older = renameInDocument(documentWith('type'), places);
  expect(older).toEqual(documentWith('kind'));
});
