import type { AuditEntry, Call } from '@plinth/contracts';
import { authorize } from '@plinth/service';
import { isFiltered } from '../plan/changing.ts';
import type { Wanted } from './write.ts';

// A change of all rows of a table: only by who names the table once more, holds a permission of its own, and is on record for it.

/** What nobody holds who just writes rows. */
const NEEDED = { permission: 'rows:truncate', capability: 'postgres' } as const;

type Asked = Pick<Wanted, 'change' | 'table' | 'url' | 'fullTable'>;

const namesNoRows = ({ change, url }: Asked): boolean =>
  (change === 'delete' || (change === 'update' && !url.on)) && !isFiltered(url);

/** Whether all rows are meant; throws where the caller may not mean them. A name that is not the table's means nothing. */
export function isFullTableAllowed({ caller }: Pick<Call, 'caller'>, asked: Asked): boolean {
  const { table, fullTable } = asked;
  if (fullTable === undefined || !namesNoRows(asked)) return false;
  if (fullTable !== table && fullTable !== encodeURIComponent(table)) return false;
  authorize(NEEDED, caller);
  return true;
}

export const fullTableEntry = ({ change, table }: Asked, affected: number): AuditEntry => ({
  target: { kind: 'table', id: table },
  changes: { rows: 'all', change, affected },
});
