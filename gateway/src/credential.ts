import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { AppError, looksLikeApiKey, withoutApiKeys } from '@plinth/contracts';
import { oneHeader } from '@plinth/service';
import type { HeaderProblem } from './header-problem.ts';

const SCHEME = /^(?:bearer|api-key) +([\x21-\x7e]+)$/i;
const IN_QUERY = /[?&](?:access_token|(?:x-)?api[_-]?key)=/i;

const CREDENTIAL_FORM = 'Bearer TOKEN or Api-Key KEY';
export const CHALLENGE = { 'www-authenticate': 'Bearer realm="plinth"' } as const;

export interface Credential {
  secret: string;
  /** What caches know it by, so that a dump of their memory holds nothing that could be used. */
  digest: string;
  /** Or meant to be one: its form and its checksum are looked at when it is not known yet. */
  isApiKey: boolean;
}

export interface ShownCredential {
  credential: Credential | undefined;
  problem: HeaderProblem | undefined;
}

/**
 * A connection shows the same header again and again: it is read, and hashed, the first time. Tokens alone, which end within
 * the hour: a key is good for as long as its owner likes, and a connection may idle for long.
 */
const shownLast = new WeakMap<Socket, { authorization: string; shown: ShownCredential }>();

/** What a caller shows to prove who it is: a bare token or key. */
export function readCredential(request: IncomingMessage): ShownCredential {
  const { authorization } = request.headers;
  const key = oneHeader(request.headers['x-api-key']);
  const several = key !== undefined && (authorization !== undefined || key.includes(', '));
  if (several || (authorization !== undefined && timesSent(request, 'authorization') > 1))
    throw new AppError('AMBIGUOUS_CREDENTIALS');
  if (key) return { credential: credentialOf(key), problem: undefined };
  if (!authorization) return { credential: undefined, problem: problem('required', 'HEADER_REQUIRED') };
  const last = shownLast.get(request.socket);
  if (last?.authorization === authorization) return last.shown;
  const shown = readAuthorization(authorization);
  if (!shown.credential?.isApiKey) shownLast.set(request.socket, { authorization, shown });
  return shown;
}

function readAuthorization(authorization: string): ShownCredential {
  const secret = SCHEME.exec(authorization)?.[1];
  if (secret === undefined) return { credential: undefined, problem: problem('invalid', 'HEADER_INVALID') };
  return { credential: credentialOf(secret), problem: undefined };
}

export const credentialOf = (secret: string): Credential => ({
  secret,
  digest: hash('sha256', secret, 'base64url'),
  isApiKey: looksLikeApiKey(secret),
});

const problem = (kind: HeaderProblem['kind'], code: HeaderProblem['code']): HeaderProblem => ({
  header: 'Authorization',
  kind,
  code,
  form: CREDENTIAL_FORM,
});

/** Without a usable credential and with nothing else to mend: the 401 that every client knows how to act on. */
export function credentialError({ kind }: HeaderProblem): AppError {
  if (kind === 'required') return new AppError('UNAUTHENTICATED', { headers: CHALLENGE });
  return new AppError('TOKEN_INVALID', {
    message: `Authorization is malformed (${CREDENTIAL_FORM})`,
    headers: CHALLENGE,
  });
}

/** Query strings end up in logs, histories and referrers. */
export function refuseCredentialInQuery(search: string): void {
  if (search === '') return;
  if (IN_QUERY.test(search) || withoutApiKeys(search) !== search) throw new AppError('CREDENTIAL_IN_QUERY');
}

/** Node keeps the first of some headers and drops the others: only the raw list tells. */
export function timesSent(request: IncomingMessage, name: string): number {
  let times = 0;
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const given = request.rawHeaders[i];
    if (given?.length === name.length && given.toLowerCase() === name) times++;
  }
  return times;
}
