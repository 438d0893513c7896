import { HEADER_FORMS, HEADERS, parseIdempotencyKey } from '@plinth/contracts';
import { oneHeader } from '@plinth/service';
import { correlationProblem } from './correlation.ts';
import { type Credential, credentialError, readCredential, type ShownCredential } from './credential.ts';
import type { Exchange } from './exchange.ts';
import { type HeaderProblem, headerError } from './header-problem.ts';
import type { Route } from './routes.ts';
import { versionProblem } from './version.ts';

// Which headers a request must carry. The platform dialect requires what its reference requires; the others need a
// credential only. What is given must be well formed in every dialect. A caller is told of all problems at once; where
// the credential is the only thing missing, that is the 401 every client knows how to act on.

const MUTATIONS = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
export const changesSomething = ({ method }: Exchange): boolean => MUTATIONS.has(method);

const ORGANIZATION_ID = /^org_[0-9A-Za-z]{1,40}$/;
const WORKSPACE_ID = /^wks_[0-9A-Za-z]{1,40}$/;

export interface RequestHeaders {
  credential: Credential | undefined;
  organizationId: string | undefined;
  workspaceId: string | undefined;
}

export function checkHeaders(exchange: Exchange, route: Route, strict: boolean): RequestHeaders {
  const { headers } = exchange.request;
  const platform = exchange.dialect === 'platform' && route.headers === 'dialect';
  const required = platform && strict;
  const organizationId = oneHeader(headers[HEADERS.organizationId]);
  const workspaceId = route.workspaceHeader && oneHeader(headers[HEADERS.workspaceId]);
  const shown = route.credential === 'required' ? readCredential(exchange.request) : NOTHING_SHOWN;

  const problems = [
    versionProblem(oneHeader(headers[HEADERS.apiVersion]), required),
    correlationProblem(exchange, required),
    changesSomething(exchange)
      ? idempotencyProblem(
          oneHeader(headers[HEADERS.idempotencyKey]),
          required && route.idempotency === 'required',
        )
      : undefined,
    idProblem('X-Organization-Id', organizationId, ORGANIZATION_ID, 'org_'),
    idProblem('X-Workspace-Id', workspaceId, WORKSPACE_ID, 'wks_'),
  ].filter((problem) => problem !== undefined);

  if (exchange.retired && route.headers === 'dialect') throw exchange.retired;
  if (problems.length > 0) throw headerError(shown.problem ? [shown.problem, ...problems] : problems);
  if (shown.problem) throw credentialError(shown.problem);
  return { credential: shown.credential, organizationId, workspaceId };
}

const NOTHING_SHOWN: ShownCredential = { credential: undefined, problem: undefined };

/** Also for what the gateway answers itself: nothing is required there, but what is given must be right. */
export function checkGivenHeaders(exchange: Exchange): void {
  const { headers } = exchange.request;
  const problems = [
    versionProblem(oneHeader(headers[HEADERS.apiVersion]), false),
    correlationProblem(exchange, false),
  ].filter((problem) => problem !== undefined);
  if (problems.length > 0) throw headerError(problems);
}

function idempotencyProblem(given: string | undefined, required: boolean): HeaderProblem | undefined {
  const form = HEADER_FORMS[HEADERS.idempotencyKey];
  if (given === undefined)
    return required
      ? { header: 'Idempotency-Key', kind: 'required', code: 'IDEMPOTENCY_KEY_REQUIRED', form }
      : undefined;
  if (parseIdempotencyKey(given) !== undefined) return undefined;
  return { header: 'Idempotency-Key', kind: 'invalid', code: 'IDEMPOTENCY_KEY_INVALID', form };
}

function idProblem(
  header: string,
  given: string | undefined,
  form: RegExp,
  prefix: string,
): HeaderProblem | undefined {
  if (given === undefined || form.test(given)) return undefined;
  return { header, kind: 'invalid', code: 'HEADER_INVALID', form: `an id that begins with ${prefix}` };
}
