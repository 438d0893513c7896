import { AppError, type Call } from '@plinth/contracts';
import type { Placements } from '../placement/placement.service.ts';
import type { SchemaCache } from '../schema-cache/schema-cache.ts';
import type { WorkspaceDocument } from './openapi.schema.ts';
import { createTemplates } from './templates.ts';
import { writeDocument } from './workspace-document.ts';

interface OpenapiDeps {
  placements: Pick<Placements, 'placeOf'>;
  schemas: SchemaCache;
}

export function createOpenapiService({ placements, schemas }: OpenapiDeps) {
  const templates = createTemplates();

  /** As JSON. `origin`: where the caller reaches the platform, if that is known. */
  async function write({ caller, apiVersion }: Call, origin = ''): Promise<string> {
    const place = await placements.placeOf(caller);
    const url = `${origin}/v1/postgres/${place.workspaceId}`;
    return schemas.with(place, (schema) =>
      JSON.stringify(writeDocument({ caller, schema, url, version: apiVersion }, templates)),
    );
  }

  return {
    write,

    async get(call: Call, { workspaceId }: { workspaceId: string }): Promise<WorkspaceDocument> {
      if (workspaceId !== call.caller.workspaceId) throw new AppError('WORKSPACE_NOT_FOUND');
      return JSON.parse(await write(call));
    },
  };
}

export type OpenapiService = ReturnType<typeof createOpenapiService>;
