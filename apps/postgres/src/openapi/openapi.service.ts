import { createHash } from 'node:crypto';
import { AppError, type Call } from '@plinth/contracts';
import { standingOf } from '../placement/place.ts';
import type { Placements } from '../placement/placement.service.ts';
import type { WorkspaceSchema } from '../schema-cache/schema.ts';
import type { SchemaCache } from '../schema-cache/schema-cache.ts';
import type { WorkspaceDocument } from './openapi.schema.ts';
import { createTemplates } from './templates.ts';
import { writeDocument } from './workspace-document.ts';

const MOST_TAGS = 100;

/** Without the text where the caller has it. */
interface Written {
  tag: string;
  text?: string;
}

interface OpenapiDeps {
  placements: Pick<Placements, 'placeOf'>;
  schemas: SchemaCache;
}

export function createOpenapiService({ placements, schemas }: OpenapiDeps) {
  const templates = createTemplates();

  /** Of what was written of a schema, by all that it depends on: a large document is written again only for who lacks it. */
  const tags = new WeakMap<WorkspaceSchema, Map<string, string>>();

  function tagsOf(schema: WorkspaceSchema): Map<string, string> {
    const known = tags.get(schema);
    if (known && known.size < MOST_TAGS) return known;
    const made = new Map<string, string>();
    tags.set(schema, made);
    return made;
  }

  /** `origin`: where the caller reaches the platform, if that is known. `has`: whether the caller has what a tag is of. */
  async function write(
    { caller, apiVersion }: Call,
    { origin = '', has = () => false }: { origin?: string | undefined; has?: (tag: string) => boolean } = {},
  ): Promise<Written> {
    const place = await placements.placeOf(caller);
    const url = `${origin}/v1/postgres/${place.workspaceId}`;
    return schemas.with(place, (schema) => {
      const known = tagsOf(schema);
      const key = [url, apiVersion, standingOf(caller), ...caller.permissions].join(' ');
      const before = known.get(key);
      if (before !== undefined && has(before)) return { tag: before };
      const text = JSON.stringify(writeDocument({ caller, schema, url, version: apiVersion }, templates));
      const tag = `"${createHash('sha256').update(text).digest('base64url')}"`;
      known.set(key, tag);
      return has(tag) ? { tag } : { tag, text };
    });
  }

  return {
    write,

    async get(call: Call, { workspaceId }: { workspaceId: string }): Promise<WorkspaceDocument> {
      if (workspaceId !== call.caller.workspaceId) throw new AppError('WORKSPACE_NOT_FOUND');
      const { text = '{}' } = await write(call);
      return JSON.parse(text);
    },
  };
}

export type OpenapiService = ReturnType<typeof createOpenapiService>;
