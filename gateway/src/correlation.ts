import { randomUUID } from 'node:crypto';
import { CORRELATION_ID_PATTERN, HEADER_FORMS, HEADERS, withoutApiKeys } from '@plinth/contracts';
import type { Exchange } from './exchange.ts';
import type { HeaderProblem } from './header-problem.ts';

/**
 * The caller's id if it fits the rule; a refusal of one that does not is answered under an id of ours. An API key would fit, and
 * would stand in answers, logs and databases from then on.
 */
export function correlationIdOf(given: string | undefined): string {
  const isOne = given !== undefined && CORRELATION_ID_PATTERN.test(given) && withoutApiKeys(given) === given;
  return isOne ? given : randomUUID();
}

export function correlationProblem(
  { request, correlationId }: Exchange,
  required: boolean,
): HeaderProblem | undefined {
  const given = request.headers[HEADERS.correlationId];
  if (given === correlationId || (given === undefined && !required)) return undefined;
  const form = HEADER_FORMS[HEADERS.correlationId];
  if (given === undefined)
    return { header: 'X-Correlation-Id', kind: 'required', code: 'HEADER_REQUIRED', form };
  return { header: 'X-Correlation-Id', kind: 'invalid', code: 'HEADER_INVALID', form };
}
