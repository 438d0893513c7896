import type { Queryable, Slice } from '@plinth/database';
import type { Access } from './credential.schema.ts';

export interface CredentialRow {
  id: string;
  workspaceId: string;
  name: string;
  access: Access;
  username: string;
  createdBy: string;
  createdAt: string;
  rotatedAt: string | null;
}

const COLUMNS = `id, workspace_id as "workspaceId", name, access, username, created_by as "createdBy",
  created_at as "createdAt", rotated_at as "rotatedAt"`;

export function credentialRepo(db: Queryable) {
  return {
    /** Again at a retry: the same row. */
    async insert(
      workspaceId: string,
      row: Omit<CredentialRow, 'workspaceId' | 'createdAt' | 'rotatedAt'> & { organizationId: string },
    ): Promise<CredentialRow | undefined> {
      const { id, organizationId, name, access, username, createdBy } = row;
      const [made] = await db.query<CredentialRow & Record<string, unknown>>(
        `insert into credential (id, workspace_id, organization_id, name, access, username, created_by)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (id) do update set name = excluded.name returning ${COLUMNS}`,
        [id, workspaceId, organizationId, name, access, username, createdBy],
      );
      return made;
    },

    async find(workspaceId: string, id: string): Promise<CredentialRow | undefined> {
      const [row] = await db.query<CredentialRow & Record<string, unknown>>(
        `select ${COLUMNS} from credential where workspace_id = $1 and id = $2`,
        [workspaceId, id],
      );
      return row;
    },

    async count(workspaceId: string): Promise<number> {
      const [row] = await db.query<{ count: number }>(
        'select count(*) as count from credential where workspace_id = $1',
        [workspaceId],
      );
      return row?.count ?? 0;
    },

    list: (workspaceId: string, { beforeId, limit }: Slice): Promise<CredentialRow[]> =>
      db.query<CredentialRow & Record<string, unknown>>(
        `select ${COLUMNS} from credential where workspace_id = $1 and ($2::text is null or id < $2)
         order by id desc limit $3`,
        [workspaceId, beforeId ?? null, limit],
      ),

    async markRotated(workspaceId: string, id: string): Promise<CredentialRow | undefined> {
      const [row] = await db.query<CredentialRow & Record<string, unknown>>(
        `update credential set rotated_at = now() where workspace_id = $1 and id = $2 returning ${COLUMNS}`,
        [workspaceId, id],
      );
      return row;
    },

    async remove(workspaceId: string, id: string): Promise<void> {
      await db.query('delete from credential where workspace_id = $1 and id = $2', [workspaceId, id]);
    },
  };
}
