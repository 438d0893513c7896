import { AppError } from '@plinth/contracts';
import type { Cluster } from '../cluster/clusters.ts';
import type { Owner } from './place.ts';

/**
 * What is kept for the workspace itself comes before what its tenant has, then its organization; else what all share. The emptiest
 * is chosen. Whoever has one of their own never gets a place among others, however full it is.
 */
export function chooseCluster(
  clusters: readonly Cluster[],
  owner: Owner,
  counts: ReadonlyMap<string, number>,
): Cluster {
  const used = ({ name }: Cluster) => counts.get(name) ?? 0;
  const [eligible = []] = [owner.workspaceId, owner.tenantId, owner.organizationId, undefined]
    .map((id) => clusters.filter(({ setting }) => setting.dedicatedTo === id))
    .filter(({ length }) => length > 0);
  const [chosen] = eligible
    .filter((one) => used(one) < one.setting.maxWorkspaces)
    .toSorted((a, b) => used(a) - used(b));
  if (chosen) return chosen;
  throw new AppError('SERVICE_UNAVAILABLE', {
    cause: new Error('no cluster has room for another workspace'),
  });
}
