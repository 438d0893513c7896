import { expect, test } from 'vitest';
import { withUsedComponents } from './used-components.ts';

const ref = (name: string) => ({ $ref: `#/components/${name}` });

test('keeps what an operation leads to, however far, and drops the rest', () => {
  const { components } = withUsedComponents({
    openapi: '3.1.0',
    info: { title: 'x', version: '1' },
    paths: {
      '/a': {
        get: { responses: { 200: { headers: { A: ref('headers/A') }, content: [ref('schemas/One')] } } },
      },
    },
    components: {
      schemas: {
        One: { properties: { two: ref('schemas/Two') } },
        Two: { items: ref('schemas/One') },
        Three: {},
      },
      headers: { A: {}, B: {} },
      securitySchemes: { bearer: {} },
    },
  });
  expect(Object.keys(components?.schemas ?? {})).toEqual(['One', 'Two']);
  expect(Object.keys(components?.headers ?? {})).toEqual(['A']);
  expect(Object.keys(components?.securitySchemes ?? {})).toEqual(['bearer']);
});
