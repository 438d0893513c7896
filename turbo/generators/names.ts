import { ID_PREFIXES } from '@plinth/contracts';

// A service and its resource in every spelling that code, tables and sentences want.

export interface Answers {
  service: string;
  resource: string;
  plural: string;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function spellings(kebab: string) {
  const pascal = kebab.split('-').map(capital).join('');
  const words = kebab.replaceAll('-', ' ');
  const aWords = `${/^[aeiou]/.test(words) ? 'an' : 'a'} ${words}`;
  return {
    kebab,
    pascal,
    camel: pascal.charAt(0).toLowerCase() + pascal.slice(1),
    snake: kebab.replaceAll('-', '_'),
    constant: kebab.replaceAll('-', '_').toUpperCase(),
    words,
    title: capital(words),
    aWords,
    aTitle: capital(aWords),
  };
}

export const camelOf = (kebab: string): string => spellings(kebab).camel;

/** `note` → `notes`, `policy` → `policies`: a first guess that people may correct. */
export function pluralOf(resource: string): string {
  if (/[^aeiou]y$/.test(resource)) return `${resource.slice(0, -1)}ies`;
  return /(?:s|x|z|ch|sh)$/.test(resource) ? `${resource}es` : `${resource}s`;
}

/** Three letters of the word, from its first on: consonants if they will do, and never another kind's. */
function freePrefix(resource: string): string {
  const taken = new Set<string>(Object.values(ID_PREFIXES));
  const [first = '', ...rest] = resource.replaceAll('-', '');
  const prefixes = rest.flatMap((second, i) => rest.slice(i + 1).map((third) => first + second + third));
  const free = prefixes.filter((prefix) => !taken.has(prefix));
  return (
    free.find((prefix) => !/[aeiou]/.test(prefix.slice(1))) ?? free.at(-1) ?? resource.replaceAll('-', '_')
  );
}

/** What the templates are filled with, beside the answers themselves. */
export function namesOf({ service, resource, plural }: Answers) {
  const app = spellings(service);
  const one = spellings(resource);
  return {
    app,
    one,
    many: spellings(plural),
    prefix: freePrefix(resource),
    idInPath: `{${one.camel}Id}`,
    databasePassword: `\${${app.constant}_DATABASE_PASSWORD:?make one with openssl rand -hex 32}`,
    url: `\${${app.constant}_URL:-http://${service}:4000}`,
    internalUrl: `\${${app.constant}_INTERNAL_URL:-http://${service}:9400}`,
  };
}
