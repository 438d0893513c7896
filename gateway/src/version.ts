import { API_VERSIONS, HEADER_FORMS, HEADERS, NEWEST_VERSION, resolveVersion } from '@plinth/contracts';
import type { HeaderProblem } from './header-problem.ts';

const PUBLISHED: ReadonlySet<string> = new Set(API_VERSIONS);

/** Nearly every request names a published date, and reading a calendar for each of them costs. */
const serving = (asked: string): string | undefined => (PUBLISHED.has(asked) ? asked : resolveVersion(asked));

/** The version that serves the request: the newest when none was asked, or when what was asked is refused. */
export function versionOf(asked: string | undefined): string {
  return (asked === undefined ? undefined : serving(asked)) ?? NEWEST_VERSION;
}

export function versionProblem(asked: string | undefined, required: boolean): HeaderProblem | undefined {
  const form = HEADER_FORMS[HEADERS.apiVersion];
  if (asked === undefined)
    return required
      ? { header: 'X-API-Version', kind: 'required', code: 'HEADER_REQUIRED', form }
      : undefined;
  if (serving(asked)) return undefined;
  return { header: 'X-API-Version', kind: 'invalid', code: 'API_VERSION_UNSUPPORTED', form };
}
