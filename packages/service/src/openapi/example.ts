import type { OpenAPIObject } from 'trpc-to-openapi';

// An example of a whole body, put together from the examples of its fields: each field's example stands beside its
// schema, so a body's can never disagree with it.

export interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  example?: unknown;
  examples?: unknown[];
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
}

export function createExampleOf(document: OpenAPIObject) {
  const schemas = document.components?.schemas as Record<string, JsonSchema> | undefined;

  function exampleOf(schema: JsonSchema): unknown {
    if (schema.$ref) return exampleOf(schemas?.[schema.$ref.split('/').at(-1) ?? ''] ?? {});
    if (schema.example !== undefined) return schema.example;
    if (schema.examples) return schema.examples[0];
    if (schema.const !== undefined) return schema.const;
    if (schema.default !== undefined) return schema.default;
    if (schema.enum) return schema.enum[0];
    const [choice] = schema.anyOf ?? schema.oneOf ?? schema.allOf ?? [];
    if (choice) return exampleOf(choice);
    if (schema.properties) {
      const fields = Object.entries(schema.properties).map(
        ([key, field]) => [key, exampleOf(field)] as const,
      );
      return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
    }
    if (schema.items) {
      const item = exampleOf(schema.items);
      return item === undefined ? [] : [item];
    }
    return undefined;
  }

  return exampleOf;
}
