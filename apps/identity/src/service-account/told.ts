import { permissionsOf } from '@plinth/contracts';
import { changeOf } from '@plinth/database';
import type { ServiceAccountRow } from './service-account.repo.ts';

/** What an account may do, written out. */
export const told = (row: ServiceAccountRow) => ({
  ...row,
  permissions: [...(row.permissions ?? permissionsOf(row.role))],
});

export const changeOfAccount = (
  type: string,
  before: ServiceAccountRow | undefined,
  after: ServiceAccountRow,
) => changeOf({ kind: 'serviceAccount', type, before: before && told(before), after: told(after) });
