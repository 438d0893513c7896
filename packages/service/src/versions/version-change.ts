import { type ApiVersion, API_VERSIONS, deprecation, type ErrorDetails } from '@plinth/contracts';
import type { OpenAPIObject } from 'trpc-to-openapi';
import type { RouteFacts } from '../rest/procedures.ts';

// A change that breaks clients comes with a date. Services know the newest shape alone: a request of an older date goes up
// through every change since, oldest first, before anything looks at it, and its answer comes down through them again.
// Of the platform dialect only: the others take the newest shape.

export type Fields = Record<string, unknown>;

/** Pure functions on plain JSON, each between the date and the version before it. */
export interface VersionChange {
  /** The version that brought it. */
  date: ApiVersion;
  /** The procedures that it touches, as `workspace.create`. */
  operations: readonly string[];
  /** What changed, for people. */
  summary: string;
  /** What the caller gave in query or body, into the shape of this date. */
  up(given: Fields, operation: string): Fields;
  /** The answer, into the shape of the version before. */
  down(answer: unknown, operation: string): unknown;
  /** The details of an error, where they name what changed. */
  downDetails?(details: ErrorDetails, operation: string): ErrorDetails;
  /** The document of this date, as it was for the version before. */
  patchDocument(document: OpenAPIObject): OpenAPIObject;
}

/** One operation as an older version knows it. */
export interface OlderShape {
  up(given: Fields): Fields;
  down(answer: unknown): unknown;
  downDetails(details: ErrorDetails): ErrorDetails;
}

export type OlderShapes = ReadonlyMap<ApiVersion, OlderShape>;

const NONE: OlderShapes = new Map();

/** What changed after `version`, oldest first. */
export const changesSince = (changes: readonly VersionChange[], version: ApiVersion): VersionChange[] =>
  changes.filter(({ date }) => date > version).sort((a, b) => a.date.localeCompare(b.date));

/** For each version that knew the operation otherwise; what is not there takes the newest shape. */
export function olderShapesOf({ path, route }: RouteFacts, changes: readonly VersionChange[]): OlderShapes {
  if (route.dialect !== 'platform') return NONE;
  const own = changes.filter(({ operations }) => operations.includes(path));
  return new Map(
    API_VERSIONS.flatMap((version) => {
      const since = changesSince(own, version);
      return since.length === 0 ? [] : [[version, throughAll(since, path)] as const];
    }),
  );
}

function throughAll(since: readonly VersionChange[], operation: string): OlderShape {
  const backwards = since.toReversed();
  return {
    up: (given) => since.reduce((fields, change) => change.up(fields, operation), given),
    down: (answer) => backwards.reduce((shape, change) => change.down(shape, operation), answer),
    downDetails: (details) =>
      backwards.reduce((shape, change) => change.downDetails?.(shape, operation) ?? shape, details),
  };
}

/** However it was written down. */
export function checkNotice(routes: readonly RouteFacts[]): void {
  for (const { meta } of routes) {
    if (meta.deprecated) deprecation(meta.deprecated.since, meta.deprecated.sunset);
  }
}

/** A change of an operation that is not there would never be applied, and nobody would notice. */
export function checkChanges(changes: readonly VersionChange[], routes: readonly RouteFacts[]): void {
  const known = new Set(routes.filter(({ route }) => route.dialect === 'platform').map(({ path }) => path));
  for (const { date, operations } of changes) {
    const unknown = operations.filter((operation) => !known.has(operation));
    if (unknown.length > 0)
      throw new Error(`the change of ${date} names operations that are not there: ${unknown.join(', ')}`);
  }
}
