// Where a sign-in may return to is compared letter by letter, so a URI is taken only in the one form in which it can come.
// https, http to this machine alone, or an app's own scheme, which has a dot as domains do, so that no two apps share one.

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;
const APP_SCHEME = /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/;

/** What is wrong with it, or nothing. */
export function redirectUriProblem(uri: string): string | undefined {
  if (!VISIBLE_ASCII.test(uri) || /["<>\\^`{|}]/.test(uri)) return 'holds a character that a URI cannot hold';
  if (uri.includes('*')) return 'must be exact: a wildcard is not taken';
  if (uri.includes('#')) return 'must have no fragment';
  const url = URL.parse(uri);
  if (!url) return 'is not an absolute URI';
  if (url.username !== '' || url.password !== '' || /^[^/]*\/\/[^/?]*@/.test(uri))
    return 'must hold no credentials';
  const isWeb = url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.has(url.hostname));
  if (!isWeb && !APP_SCHEME.test(url.protocol)) {
    return 'must be https, http to localhost, or an app’s own scheme with a dot in it';
  }
  const isNormal = url.href === uri || url.href === `${uri}/`;
  return isNormal ? undefined : `must be written in its normal form: ${url.href}`;
}
