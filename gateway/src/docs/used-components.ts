import type { OpenApiDocument } from './open-api-document.ts';

// Every service brings the shared components whole; what no operation of the product leads to is left out of the whole.

type Components = NonNullable<OpenApiDocument['components']>;

const REF = '#/components/';

function refsIn(value: unknown, found: Set<string>): Set<string> {
  if (Array.isArray(value)) for (const item of value) refsIn(item, found);
  else if (value !== null && typeof value === 'object') {
    for (const [key, item] of Object.entries(value)) {
      if (key === '$ref' && typeof item === 'string' && item.startsWith(REF))
        found.add(item.slice(REF.length));
      else refsIn(item, found);
    }
  }
  return found;
}

export function withUsedComponents(document: OpenApiDocument): OpenApiDocument {
  const components: Components = document.components ?? {};
  const used = refsIn(document.paths, new Set());
  // A set grows while it is walked: what a component leads to is walked as well.
  for (const name of used) {
    const [group = '', member = ''] = name.split('/');
    refsIn(components[group]?.[member], used);
  }
  const kept = Object.entries(components).map(([group, members]) => [
    group,
    group === 'securitySchemes'
      ? members
      : Object.fromEntries(Object.entries(members).filter(([member]) => used.has(`${group}/${member}`))),
  ]);
  return { ...document, components: Object.fromEntries(kept) };
}
