import { AppError, type AuditEntry, type Call, type CursorCodec, type Page } from '@plinth/contracts';
import type { ClaimedMutate } from '@plinth/database';
import type { RealmRow } from '../realm/realm.repo.ts';
import type { RealmService } from '../realm/realm.service.ts';
import type {
  CreateUser,
  ListUsers,
  SetUserRoles,
  UpdateUser,
  User,
  UserById,
  UserRoles,
} from './user.schema.ts';

// The users of a tenant's apps are at the provider alone. A list is in the order of their addresses, and a page of it begins
// so many users later: that is how a provider reads them, so one who joins or leaves meanwhile can move the others by one.

interface UserDeps {
  realms: Pick<RealmService, 'open'>;
  mutate: ClaimedMutate;
  cursors: CursorCodec;
}

const notFound = (id: string) => new AppError('USER_NOT_FOUND', { message: `User ${id} not found` });

function found<T>(value: T | undefined, id: string): T {
  if (value === undefined) throw notFound(id);
  return value;
}

/** What is told of a change of one user. That there is a new password is told, and not which. */
function told(
  type: string,
  { tenantId }: RealmRow,
  id: string,
  changes: AuditEntry['changes'],
  data: object = {},
) {
  const subject = { kind: 'endUser', id };
  return {
    audit: { target: subject, tenantId, ...(changes && { changes }) },
    event: { type, subject, tenantId, data: { id, ...data } },
  };
}

const withoutPassword = <T extends { password?: string | undefined }>({ password, ...rest }: T) => ({
  ...rest,
  ...(password !== undefined && { password: 'changed' }),
});

export function createUserService({ realms, mutate, cursors }: UserDeps) {
  return {
    async create(call: Call, { realmId, ...wanted }: CreateUser): Promise<User> {
      const { realm, admin, ref } = await realms.open(call, realmId, 'write');
      const { displayName, password, ...rest } = wanted;
      return mutate(call, {
        async act({ id }) {
          const made = await admin.makeUser(ref, { ...rest, displayName, password }, id);
          if (made) return made;
          throw new AppError('CONFLICT', { message: 'The realm has a user with this address already' });
        },
        complete: async (_tx, user) => ({
          result: { realmId, ...user },
          ...told('endUser.created', realm, user.id, { ...user }, user),
        }),
      });
    },

    async list(call: Call, { realmId, email, cursor, limit }: ListUsers): Promise<Page<User>> {
      const { admin, ref } = await realms.open(call, realmId, 'read');
      const query = ['user.list', realmId, email ?? null];
      const [passed = '0'] = cursor === undefined ? [] : cursors.decode(query, cursor);
      const first = Number(passed);
      const users = await admin.listUsers(ref, { email, first, max: limit + 1 });
      const hasMore = users.length > limit;
      const nextCursor = hasMore ? cursors.encode(query, [String(first + limit)]) : null;
      const data = users.slice(0, limit).map((user) => ({ realmId, ...user }));
      return { data, pagination: { hasMore, nextCursor } };
    },

    async get(call: Call, { realmId, userId }: UserById): Promise<User> {
      const { admin, ref } = await realms.open(call, realmId, 'read');
      return { realmId, ...found(await admin.findUser(ref, userId), userId) };
    },

    async update(call: Call, { realmId, userId, ...changes }: UpdateUser): Promise<User> {
      const { realm, admin, ref } = await realms.open(call, realmId, 'write');
      return mutate(call, {
        act: async () => found(await admin.updateUser(ref, userId, changes), userId),
        complete: async (_tx, user) => ({
          result: { realmId, ...user },
          ...told('endUser.updated', realm, userId, withoutPassword(changes), user),
        }),
      });
    },

    async remove(call: Call, { realmId, userId }: UserById): Promise<{ id: string; deleted: true }> {
      const { realm, admin, ref } = await realms.open(call, realmId, 'write');
      return mutate(call, {
        async act({ number }) {
          const wasThere = await admin.removeUser(ref, userId);
          // An earlier attempt may have removed it.
          if (!wasThere && number === 1) throw notFound(userId);
        },
        complete: async () => ({
          result: { id: userId, deleted: true as const },
          ...told('endUser.deleted', realm, userId, undefined),
        }),
      });
    },

    async roles(call: Call, { realmId, userId }: UserById): Promise<UserRoles> {
      const { admin, ref } = await realms.open(call, realmId, 'read');
      return { id: userId, roles: found(await admin.rolesOfUser(ref, userId), userId) };
    },

    async setRoles(call: Call, { realmId, userId, roles }: SetUserRoles): Promise<UserRoles> {
      const { realm, admin, ref } = await realms.open(call, realmId, 'write');
      return mutate(call, {
        act: async () => found(await admin.setRolesOfUser(ref, userId, roles), userId),
        complete: async (_tx, held) => ({
          result: { id: userId, roles: held },
          ...told('endUser.rolesSet', realm, userId, { roles: held }, { roles: held }),
        }),
      });
    },
  };
}

export type UserService = ReturnType<typeof createUserService>;
