import type { CursorCodec, Log } from '@plinth/contracts';
import type { Database } from '@plinth/database';
import type { MasterKey } from '@plinth/passport';
import type { IdentityProvider } from '../provider/provider.ts';
import type { Tenancy } from '../tenancy.ts';
import { createRealmService, type RealmService } from './realm.service.ts';
import { createSettle } from './settle.ts';
import { createWhereabouts } from './whereabouts.ts';

interface Means {
  database: Database;
  tenancy: Tenancy;
  provider: Pick<IdentityProvider, 'backend' | 'realms'>;
  /** Of the installation's own realm; the others are beside it. */
  issuer: string;
  cursors: CursorCodec;
  masterKey: MasterKey;
  log: Log;
}

/** The settings name one installation, so new realms are made there. */
export function createRealms({ provider, issuer, masterKey, ...means }: Means): RealmService {
  const { backend, realms: admin } = provider;
  const issuerBase = issuer.slice(0, issuer.lastIndexOf('/'));
  const installations = new Map([[backend, { admin, issuerBase }]]);
  const sealKeys = masterKey.derive('realm-secrets');
  const whereabouts = createWhereabouts(installations, sealKeys);
  const settle = createSettle({ ...means, at: whereabouts.at });
  return createRealmService({ ...means, placement: backend, whereabouts, sealKeys, settle });
}
