import { z } from 'zod';

const named = z.looseObject({ name: z.string() });

/** Of an OpenAPI document, what merging needs to understand; the rest passes as it is. */
export const openApiDocumentSchema = z.looseObject({
  openapi: z.string(),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  servers: z.array(z.looseObject({ url: z.string() })).optional(),
  security: z.array(z.record(z.string(), z.unknown())).optional(),
  tags: z.array(named).optional(),
  paths: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  components: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
});

export type OpenApiDocument = z.infer<typeof openApiDocumentSchema>;
