// A path is read here, to find its scope, and once more by the router of its service. Where the two could read different
// things (`..`, an encoded slash, a `#` that one of them cuts at), there is no such path: what a passport is made out for
// is what the service is asked for.

const PCHARS = /^[\w.~!$&'()*+,;=:@%-]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const AMBIGUOUS = /^\.{1,2}$|[/\\\x00-\x1f\x7f]/;

/** Most paths: nothing in them is encoded, or begins with a dot. */
const PLAIN = /^(?:\/[\w~!$&'()*+,;=:@-][\w.~!$&'()*+,;=:@-]*)+$/;

/** Decoded, as the service will see them; undefined for a path that could be read in two ways. */
export function segmentsOf(path: string): readonly string[] | undefined {
  const parts = path.split('/');
  if (PLAIN.test(path)) return parts.slice(1);
  const segments: string[] = [];
  for (let i = 1; i < parts.length; i++) {
    const segment = decoded(parts[i] ?? '');
    const isTrailing = i === parts.length - 1;
    if (segment === undefined || (segment === '' && !isTrailing)) return undefined;
    segments.push(segment);
  }
  return segments;
}

function decoded(segment: string): string | undefined {
  if (segment === '') return segment;
  if (!PCHARS.test(segment)) return undefined;
  const text = segment.includes('%') ? percentDecoded(segment) : segment;
  return text === undefined || AMBIGUOUS.test(text) ? undefined : text;
}

function percentDecoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
