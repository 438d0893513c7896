import { AppError } from '@plinth/contracts';
import type { Cluster } from '../cluster/clusters.ts';
import type { Place } from './place.ts';

type Owner = Pick<Place, 'workspaceId' | 'tenantId' | 'organizationId'>;

/** What is kept for the workspace itself comes before what its tenant has, then its organization; else the emptiest that all share. */
export function chooseCluster(
  clusters: readonly Cluster[],
  owner: Owner,
  counts: ReadonlyMap<string, number>,
): Cluster {
  const used = ({ name }: Cluster) => counts.get(name) ?? 0;
  const chosen = [owner.workspaceId, owner.tenantId, owner.organizationId, undefined].flatMap((id) =>
    clusters
      .filter((one) => one.setting.dedicatedTo === id && used(one) < one.setting.maxWorkspaces)
      .toSorted((a, b) => used(a) - used(b)),
  )[0];
  if (chosen) return chosen;
  throw new AppError('SERVICE_UNAVAILABLE', {
    cause: new Error('no cluster has room for another workspace'),
  });
}
