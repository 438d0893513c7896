import type { Call, CursorCodec, Page } from '@plinth/contracts';
import { readPage } from '@plinth/database';
import type { RealmRole } from '../provider/realm-admin.ts';
import type { RealmService } from '../realm/realm.service.ts';
import type { ListRoles } from './role.schema.ts';

// Roles are at the provider alone, and few enough to be read all at once.

interface RoleDeps {
  realms: Pick<RealmService, 'open'>;
  cursors: CursorCodec;
}

export function createRoleService({ realms, cursors }: RoleDeps) {
  return {
    async list(call: Call, { realmId, cursor, limit }: ListRoles): Promise<Page<RealmRole>> {
      const { admin, ref } = await realms.open(call, realmId, 'read');
      const page = await readPage(
        cursors,
        { query: ['role.list', realmId], cursor, limit },
        async (slice) => {
          const { beforeId: after } = slice;
          const roles = (await admin.listRoles(ref)).filter(
            ({ name }) => after === undefined || name > after,
          );
          return roles.slice(0, slice.limit).map((role) => ({ ...role, id: role.name }));
        },
      );
      return { ...page, data: page.data.map(({ id: _, ...role }) => role) };
    },
  };
}

export type RoleService = ReturnType<typeof createRoleService>;
