/** Published API versions, oldest first. A new date is added here together with its transformations. */
export const API_VERSIONS = ['2024-01-01'] as const;

export type ApiVersion = (typeof API_VERSIONS)[number];

export const NEWEST_VERSION: ApiVersion = API_VERSIONS[API_VERSIONS.length - 1] ?? '2024-01-01';

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** The newest published version not after the asked date, or undefined for a date that cannot be served. */
export function resolveVersion(asked: string, today: Date = new Date()): ApiVersion | undefined {
  if (!DATE.test(asked)) return undefined;
  const date = new Date(`${asked}T00:00:00Z`);
  const isRealDate = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(asked);
  if (!isRealDate || date > today) return undefined;
  return API_VERSIONS.findLast((version) => version <= asked);
}
