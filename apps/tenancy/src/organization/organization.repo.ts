import { AppError, type MemberRole, newId } from '@plinth/contracts';
import { conditions, isUniqueViolation, type Queryable, type Slice } from '@plinth/database';
import type { CreateOrganization, Organization } from './organization.schema.ts';

const COLUMNS = `o.id, o.slug, o.display_name as "displayName", m.role, o.created_at as "createdAt"`;

export interface NewMember {
  email: string;
  userId: string | null;
  role: MemberRole;
}

export function organizationRepo(db: Queryable) {
  return {
    listOf(userId: string, only: string | undefined, { beforeId, limit }: Slice): Promise<Organization[]> {
      const where = conditions([
        ['m.user_id = ?', userId],
        ['o.id = ?', only],
        ['o.id < ?', beforeId],
      ]);
      return db.query<Organization>(
        `select ${COLUMNS} from member m join organization o on o.id = m.organization_id
         where ${where.text} order by o.id desc limit ${where.next}`,
        [...where.values, limit],
      );
    },

    async findOf(userId: string, id: string): Promise<Organization | undefined> {
      const [row] = await db.query<Organization>(
        `select ${COLUMNS} from member m join organization o on o.id = m.organization_id
         where m.user_id = $1 and o.id = $2`,
        [userId, id],
      );
      return row;
    },

    async find(id: string): Promise<Omit<Organization, 'role'> | undefined> {
      const [row] = await db.query<Omit<Organization, 'role'>>(
        'select id, slug, display_name as "displayName", created_at as "createdAt" from organization where id = $1',
        [id],
      );
      return row;
    },

    async insert(organization: CreateOrganization & { id: string }): Promise<{ createdAt: string }> {
      try {
        const [row] = await db.query<{ createdAt: string }>(
          `insert into organization (id, slug, display_name) values ($1, $2, $3) returning created_at as "createdAt"`,
          [organization.id, organization.slug, organization.displayName],
        );
        if (!row) throw new Error('insert returned no row');
        return row;
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
        throw new AppError('SLUG_TAKEN', { details: { slug: organization.slug }, cause: error });
      }
    },

    async insertMember(organizationId: string, { email, userId, role }: NewMember): Promise<void> {
      await db.query(
        'insert into member (id, organization_id, email, user_id, role) values ($1, $2, $3, $4, $5)',
        [newId('member'), organizationId, email, userId, role],
      );
    },
  };
}
