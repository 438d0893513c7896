import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { OpenApiDocument } from './open-api-document.ts';

// One document of many: the gateway's own, and one of each service. What two say alike is said once. Where they say different
// things under one name the first stands, and the conflict is reported, for it is a mistake in the services.

export interface NamedDocument {
  name: string;
  document: OpenApiDocument;
}

export interface Merged {
  document: OpenApiDocument;
  /** Each names the place and the service that came too late. */
  conflicts: string[];
}

type Tree = Record<string, Record<string, unknown>>;

const METHODS = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']);
const operationSchema = z.looseObject({ security: z.unknown().optional() });

export function mergeDocuments(own: OpenApiDocument, parts: readonly NamedDocument[]): Merged {
  const conflicts: string[] = [];
  const paths: Tree = structuredClone(own.paths ?? {});
  const components: Tree = structuredClone(own.components ?? {});
  const tags = new Map((own.tags ?? []).map((tag) => [tag.name, tag]));

  const addAll = (into: Tree, from: Tree, place: string, service: string) => {
    for (const [group, members] of Object.entries(from)) {
      into[group] ??= {};
      const existing = into[group];
      for (const [name, value] of Object.entries(members)) {
        if (!Object.hasOwn(existing, name)) existing[name] = value;
        else if (!isDeepStrictEqual(existing[name], value))
          conflicts.push(`${place} ${group} ${name} of ${service}`);
      }
    }
  };

  for (const { name, document } of parts) {
    addAll(paths, withOwnSecurity(document, own), 'paths', name);
    addAll(components, document.components ?? {}, 'components', name);
    for (const tag of document.tags ?? []) {
      const existing = tags.get(tag.name);
      // A tag without a description gives way to one with it.
      if (!existing || Object.keys(existing).length === 1) tags.set(tag.name, tag);
      else if (Object.keys(tag).length > 1 && !isDeepStrictEqual(existing, tag))
        conflicts.push(`tags ${tag.name} of ${name}`);
    }
  }

  return { document: { ...own, tags: [...tags.values()], paths, components }, conflicts };
}

/** A service's default security is its own: where it differs from the whole document's, its operations say it themselves. */
function withOwnSecurity({ security, paths = {} }: OpenApiDocument, own: OpenApiDocument): Tree {
  const inherited = security ?? [];
  if (isDeepStrictEqual(inherited, own.security ?? [])) return paths;
  const spelled = (member: string, value: unknown): unknown => {
    if (!METHODS.has(member)) return value;
    const operation = operationSchema.parse(value);
    return operation.security === undefined ? { ...operation, security: inherited } : operation;
  };
  return Object.fromEntries(
    Object.entries(paths).map(([path, item]) => [
      path,
      Object.fromEntries(Object.entries(item).map(([member, value]) => [member, spelled(member, value)])),
    ]),
  );
}
