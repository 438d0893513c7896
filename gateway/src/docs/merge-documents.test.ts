import { describe, expect, it } from 'vitest';
import { mergeDocuments } from './merge-documents.ts';
import type { OpenApiDocument } from './open-api-document.ts';

const documentOf = (changes: Partial<OpenApiDocument> = {}): OpenApiDocument => ({
  openapi: '3.1.0',
  info: { title: 'Part', version: '2024-01-01' },
  ...changes,
});
const own = documentOf({
  info: { title: 'Plinth', version: '2024-01-01' },
  servers: [{ url: 'https://api.example' }],
  security: [{ bearer: [] }],
  tags: [{ name: 'Platform', description: 'The gateway itself.' }],
  paths: { '/v1/platform/info': { get: { operationId: 'info', security: [] } } },
  components: { schemas: { Error: { type: 'object' } } },
});

const part = (name: string, changes: Partial<OpenApiDocument>) => ({ name, document: documentOf(changes) });

describe('merging documents', () => {
  it('keeps the head of the own one and adds what the services have', () => {
    const { document, conflicts } = mergeDocuments(own, [
      part('tenancy', {
        security: [{ bearer: [] }],
        servers: [{ url: '/' }],
        tags: [{ name: 'Tenant' }],
        paths: { '/v1/tenants': { get: { operationId: 'tenantList' } } },
        components: {
          schemas: { Error: { type: 'object' }, Tenant: { type: 'object' } },
          headers: { ETag: {} },
        },
      }),
      part('identity', {
        security: [{ bearer: [] }],
        tags: [{ name: 'Tenant', description: 'Who pays.' }],
        paths: { '/v1/tenants': { post: { operationId: 'signUp' } } },
      }),
    ]);
    expect(conflicts).toEqual([]);
    expect(document).toEqual({
      ...own,
      tags: [
        { name: 'Platform', description: 'The gateway itself.' },
        { name: 'Tenant', description: 'Who pays.' },
      ],
      paths: {
        '/v1/platform/info': { get: { operationId: 'info', security: [] } },
        '/v1/tenants': { get: { operationId: 'tenantList' }, post: { operationId: 'signUp' } },
      },
      components: {
        schemas: { Error: { type: 'object' }, Tenant: { type: 'object' } },
        headers: { ETag: {} },
      },
    });
  });

  it('keeps the first of two that differ, and names the place and the service', () => {
    const { document, conflicts } = mergeDocuments(own, [
      part('tenancy', {
        paths: { '/v1/platform/info': { get: { operationId: 'mine', security: [] } } },
        components: { schemas: { Error: { type: 'string' } } },
        tags: [{ name: 'Platform', description: 'Something else.' }],
      }),
    ]);
    expect(conflicts).toEqual([
      'paths /v1/platform/info get of tenancy',
      'components schemas Error of tenancy',
      'tags Platform of tenancy',
    ]);
    expect(document).toEqual(own);
  });

  it('spells out a default security that is not the whole document’s', () => {
    const paths = {
      '/a': {
        parameters: [{ name: 'a', in: 'query' }],
        get: { operationId: 'inherits' },
        post: { operationId: 'says', security: [{ bearer: [] }] },
      },
    };
    const merged = (security: OpenApiDocument['security']) =>
      mergeDocuments(own, [part('a', { paths, ...(security && { security }) })]).document.paths?.['/a'];
    expect(merged([{ bearer: [] }])).toEqual(paths['/a']);
    expect(merged(undefined)).toMatchObject({ get: { security: [] }, post: { security: [{ bearer: [] }] } });
    expect(merged([{ key: [] }])).toMatchObject({
      get: { security: [{ key: [] }] },
      parameters: [{ name: 'a' }],
    });
  });

  it('changes none of what it was given', () => {
    const before = structuredClone(own);
    mergeDocuments(own, [part('a', { paths: { '/v1/platform/info': { put: {} } } })]);
    expect(own).toEqual(before);
  });

  it('is not taken in by names like those of Object', () => {
    const { document, conflicts } = mergeDocuments(own, [
      part('a', { components: { schemas: { constructor: { type: 'string' } } } }),
    ]);
    expect(conflicts).toEqual([]);
    expect(document.components?.schemas).toHaveProperty('constructor', { type: 'string' });
  });
});
