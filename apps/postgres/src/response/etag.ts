/** `If-None-Match` compares weakly: a proxy that compresses marks our tag `W/`. */
export const isKnownTag = (etag: string, ifNoneMatch: string | undefined): boolean =>
  (ifNoneMatch ?? '').split(',').some((tag) => ['*', etag].includes(tag.trim().replace(/^W\//, '')));
