import { type Deprecation, hasBegun, isOver } from './deprecation.ts';

// The API versions by their dates. A service knows the newest shape alone: what a date changed is a module in the service
// that it changed, and requests of older dates pass through it.

/** Published, oldest first. A date is added here together with its changes. */
export const API_VERSIONS = ['2024-01-01', '2026-11-01'] as const;

export type ApiVersion = (typeof API_VERSIONS)[number];

export const OLDEST_VERSION = API_VERSIONS[0];
export const NEWEST_VERSION = '2026-11-01' as const satisfies ApiVersion;

export type Deprecations = Readonly<Partial<Record<ApiVersion, Deprecation>>>;

/** Which of them are to go, and when: `'2024-01-01': deprecation('<since>', '<sunset>')`. Never the newest. */
export const DEPRECATED_VERSIONS: Deprecations = {};

export type VersionStatus = 'current' | 'supported' | 'deprecated' | 'retired';

export function statusOfVersion(version: ApiVersion, deprecations: Deprecations, now: Date): VersionStatus {
  const going = deprecations[version];
  if (going && isOver(going, now)) return 'retired';
  if (going && hasBegun(going, now)) return 'deprecated';
  return version === NEWEST_VERSION ? 'current' : 'supported';
}

/** The next version that is to stay: fewer changes at once than the newest would be. */
export function successorOf(version: ApiVersion, deprecations: Deprecations): ApiVersion {
  return API_VERSIONS.find((later) => later > version && !deprecations[later]) ?? NEWEST_VERSION;
}

/** Where the document of a version is. */
export const documentPathOf = (version: ApiVersion): string => `/openapi.json?version=${version}`;

export const isApiVersion = (text: string): text is ApiVersion =>
  API_VERSIONS.some((version) => version === text);

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** The newest published version not after the asked date, or undefined for a date that cannot be served. */
export function resolveVersion(asked: string, today: Date = new Date()): ApiVersion | undefined {
  // Whatever this machine's clock says.
  if (isApiVersion(asked)) return asked;
  if (!DATE.test(asked)) return undefined;
  const date = new Date(`${asked}T00:00:00Z`);
  const isRealDate = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(asked);
  if (!isRealDate || date > today) return undefined;
  return API_VERSIONS.findLast((version) => version <= asked);
}
