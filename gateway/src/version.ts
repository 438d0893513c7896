import {
  type ApiVersion,
  API_VERSIONS,
  AppError,
  type Deprecations,
  type Dialect,
  deprecationHeaders,
  documentPathOf,
  HEADER_FORMS,
  HEADERS,
  isOver,
  NEWEST_VERSION,
  resolveVersion,
  successorOf,
} from '@plinth/contracts';
import type { HeaderProblem } from './header-problem.ts';

// Which version serves a request. Only the platform dialect is versioned by date: the others always get the newest shape.

export interface ServedVersion {
  apiVersion: ApiVersion;
  /** What answers say of a version that is to go. */
  endHeaders: Readonly<Record<string, string>>;
  /** Thrown where the version matters: it is gone. */
  retired: AppError | undefined;
}

const served = (apiVersion: ApiVersion): ServedVersion => ({
  apiVersion,
  endHeaders: {},
  retired: undefined,
});

const NEWEST = served(NEWEST_VERSION);
const STAYING: ReadonlyMap<string, ServedVersion> = new Map(
  API_VERSIONS.map((version) => [version, served(version)]),
);

/** The newest when none was asked, or when what was asked is refused. */
export function versionOf(
  asked: string | undefined,
  dialect: Dialect,
  deprecations: Deprecations,
): ServedVersion {
  if (asked === undefined || dialect !== 'platform') return NEWEST;
  const version = resolveVersion(asked) ?? NEWEST_VERSION;
  const going = deprecations[version];
  if (!going) return STAYING.get(version) ?? NEWEST;
  const successor = successorOf(version, deprecations);
  const endHeaders = deprecationHeaders(going, documentPathOf(successor));
  const { sunset } = going;
  const retired = isOver(going, new Date())
    ? new AppError('API_VERSION_RETIRED', {
        message: `The API version ${version} is no longer served since ${sunset}; use ${successor}`,
        details: { version, sunset, successor, versions: API_VERSIONS },
      })
    : undefined;
  return { apiVersion: version, endHeaders, retired };
}

export function versionProblem(asked: string | undefined, required: boolean): HeaderProblem | undefined {
  const form = HEADER_FORMS[HEADERS.apiVersion];
  if (asked === undefined)
    return required
      ? { header: 'X-API-Version', kind: 'required', code: 'HEADER_REQUIRED', form }
      : undefined;
  if (resolveVersion(asked)) return undefined;
  return { header: 'X-API-Version', kind: 'invalid', code: 'API_VERSION_UNSUPPORTED', form };
}
