import type { IncomingMessage } from 'node:http';
import { AppError } from '@plinth/contracts';
import { one } from './exchange.ts';
import type { HeaderProblem } from './header-problem.ts';

const SCHEME = /^(?:bearer|api-key) +([\x21-\x7e]+)$/i;
const IN_QUERY = /[?&](?:access_token|api_key)=/i;

const CREDENTIAL_FORM = 'Bearer TOKEN or Api-Key KEY';
export const CHALLENGE = { 'www-authenticate': 'Bearer realm="plinth"' } as const;

export interface ShownCredential {
  token: string | undefined;
  problem: HeaderProblem | undefined;
}

/** What a caller shows to prove who it is: a bare token or key. */
export function readCredential(request: IncomingMessage): ShownCredential {
  const { authorization } = request.headers;
  const key = one(request.headers['x-api-key']);
  const several = key !== undefined && (authorization !== undefined || key.includes(', '));
  if (several || (authorization !== undefined && timesSent(request, 'authorization') > 1))
    throw new AppError('AMBIGUOUS_CREDENTIALS');
  if (key) return { token: key, problem: undefined };
  if (!authorization) return { token: undefined, problem: problem('required', 'HEADER_REQUIRED') };
  const token = SCHEME.exec(authorization)?.[1];
  return { token, problem: token === undefined ? problem('invalid', 'HEADER_INVALID') : undefined };
}

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
  if (search !== '' && IN_QUERY.test(search)) throw new AppError('CREDENTIAL_IN_QUERY');
}

/** Node keeps the first of some headers and drops the others: only the raw list tells. */
export function timesSent(request: IncomingMessage, name: string): number {
  let times = 0;
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    if (request.rawHeaders[i]?.toLowerCase() === name) times++;
  }
  return times;
}
