/** `If-None-Match` compares weakly: a proxy that compresses marks our tag `W/`. */
export function isKnownTag(etag: string, ifNoneMatch: string | undefined): boolean {
  const known = ifNoneMatch?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? [];
  return known.includes(etag) || known.includes('*');
}
