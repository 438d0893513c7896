import { AppError, type Call } from '@plinth/contracts';

// What the rules of resources have in common that are rows with a version.

export const etagOf = (version: number): string => `"${version}"`;

export function withEtag<Row extends { version: number }>({ version, ...rest }: Row) {
  return { ...rest, etag: etagOf(version) };
}

export function organizationOf({ caller }: Call): string {
  if (!caller.organizationId) throw new AppError('ORGANIZATION_REQUIRED');
  return caller.organizationId;
}

/** `If-Match: *` and a list of tags are HTTP's own forms of the same wish. */
export function checkIfMatch(ifMatch: string | undefined, version: number): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return;
  const tags = ifMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (!tags.includes(etagOf(version))) {
    throw new AppError('PRECONDITION_FAILED', { details: { etag: etagOf(version) } });
  }
}

interface Resource {
  id: string;
  version: number;
}

function fieldsThatDiffer(before: object, after: object) {
  const old = new Map(Object.entries(before));
  const differs = ([key, value]: [string, unknown]) =>
    key !== 'version' && key !== 'updatedAt' && JSON.stringify(old.get(key)) !== JSON.stringify(value);
  return Object.fromEntries(
    Object.entries(after)
      .filter(differs)
      .map(([key, value]) => [key, { from: old.get(key) ?? null, to: value }]),
  );
}

interface Change<Row extends Resource> {
  kind: string;
  /** The event's type, as `tenant.created`. */
  type: string;
  /** Where it belongs to a tenant. */
  tenantId?: string;
  /** Absent when it was created just now. */
  before: Row | undefined;
  after: Row;
}

/** What mutate() answers, audits and publishes of a change to one resource. */
export function changeOf<Row extends Resource>({ kind, type, tenantId, before, after }: Change<Row>) {
  const result = withEtag(after);
  const owner = tenantId === undefined ? {} : { tenantId };
  return {
    result,
    audit: { target: { kind, id: after.id }, ...owner, changes: fieldsThatDiffer(before ?? {}, after) },
    event: { type, subject: { kind, id: after.id }, ...owner, data: result },
  };
}

export const isEmpty = (changes: object): boolean => Object.keys(changes).length === 0;

/** What mutate() answers a change that asks for nothing: the resource as it is. */
export function unchanged<Row extends Resource>(kind: string, row: Row) {
  return { result: withEtag(row), audit: { target: { kind, id: row.id } }, isUnchanged: true };
}
