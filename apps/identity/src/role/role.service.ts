import { AppError, type AuditEntry, type Call, type CursorCodec, type Page } from '@plinth/contracts';
import { type ClaimedMutate, readPage } from '@plinth/database';
import type { RealmRole } from '../provider/realm-admin.ts';
import type { RealmRow } from '../realm/realm.repo.ts';
import type { RealmService } from '../realm/realm.service.ts';
import type { CreateRole, ListRoles, Role, RoleByName, UpdateRole } from './role.schema.ts';

// Roles are at the provider alone, and few enough to be read all at once.

interface RoleDeps {
  realms: Pick<RealmService, 'open'>;
  mutate: ClaimedMutate;
  cursors: CursorCodec;
}

function found(role: RealmRole | undefined, name: string): RealmRole {
  if (!role) throw new AppError('ROLE_NOT_FOUND', { message: `Role ${name} not found` });
  return role;
}

/** What is told of a change. A role is called by its realm and its name, for others have one of that name too. */
function told(
  type: string,
  { id: realmId, tenantId }: RealmRow,
  role: Partial<RealmRole> & { name: string },
) {
  const subject = { kind: 'role', id: `${realmId}/${role.name}` };
  const changes: AuditEntry['changes'] = { ...role };
  return {
    audit: { target: subject, tenantId, changes },
    event: { type, subject, tenantId, data: { ...role } },
  };
}

export function createRoleService({ realms, mutate, cursors }: RoleDeps) {
  return {
    async create(call: Call, { realmId, ...wanted }: CreateRole): Promise<Role> {
      const { realm, admin, ref } = await realms.open(call, realmId, 'write');
      return mutate(call, {
        async act({ id }) {
          const made = await admin.makeRole(ref, wanted, id);
          if (made) return made;
          throw new AppError('CONFLICT', { message: `The realm has a role called ${wanted.name} already` });
        },
        complete: async (_tx, role) => ({
          result: { realmId, ...role },
          ...told('role.created', realm, role),
        }),
      });
    },

    async list(call: Call, { realmId, cursor, limit }: ListRoles): Promise<Page<Role>> {
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
      return { ...page, data: page.data.map(({ id: _, ...role }) => ({ realmId, ...role })) };
    },

    async get(call: Call, { realmId, roleName }: RoleByName): Promise<Role> {
      const { admin, ref } = await realms.open(call, realmId, 'read');
      return { realmId, ...found(await admin.findRole(ref, roleName), roleName) };
    },

    async update(call: Call, { realmId, roleName, description }: UpdateRole): Promise<Role> {
      const { realm, admin, ref } = await realms.open(call, realmId, 'write');
      const wanted = { name: roleName, description };
      return mutate(call, {
        act: async () => found(await admin.describeRole(ref, wanted), roleName),
        complete: async (_tx, role) => ({
          result: { realmId, ...role },
          ...told('role.updated', realm, role),
        }),
      });
    },

    async remove(call: Call, { realmId, roleName }: RoleByName): Promise<{ name: string; deleted: true }> {
      const { realm, admin, ref } = await realms.open(call, realmId, 'write');
      return mutate(call, {
        async act({ number }) {
          const wasThere = await admin.removeRole(ref, roleName);
          // An earlier attempt may have removed it.
          if (!wasThere && number === 1) found(undefined, roleName);
        },
        complete: async () => ({
          result: { name: roleName, deleted: true as const },
          ...told('role.deleted', realm, { name: roleName }),
        }),
      });
    },
  };
}

export type RoleService = ReturnType<typeof createRoleService>;
