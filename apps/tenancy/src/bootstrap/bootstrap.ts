import { readFile } from 'node:fs/promises';
import { type Log, MEMBER_ROLES, newId } from '@plinth/contracts';
import type { Database } from '@plinth/database';
import { z } from 'zod';
import { slug } from '../resource.schema.ts';

// The first organizations and their members, made from a file at every start: what is there already stays as it is, so
// the file can stay in place, and two replicas may read it at once.

const bootstrapFile = z.object({
  organizations: z
    .array(
      z.object({
        id: z.string().startsWith('org_').optional(),
        slug,
        displayName: z.string(),
        members: z.array(z.object({ email: z.email(), role: z.enum(MEMBER_ROLES) })).default([]),
      }),
    )
    .default([]),
});

type Organization = z.output<typeof bootstrapFile>['organizations'][number];

async function ensureOrganization(
  database: Database,
  { id, slug: name, displayName, members }: Organization,
) {
  await database.transaction(async (tx) => {
    await tx.query(
      'insert into organization (id, slug, display_name) values ($1, $2, $3) on conflict do nothing',
      [id ?? newId('organization'), name, displayName],
    );
    for (const { email, role } of members) {
      await tx.query(
        `insert into member (id, organization_id, email, role)
         select $1, id, $2, $3 from organization where slug = $4 on conflict do nothing`,
        [newId('member'), email, role, name],
      );
    }
  });
}

export async function bootstrap(database: Database, path: string | undefined, log: Log): Promise<void> {
  if (path === undefined) return;
  const { organizations } = bootstrapFile.parse(JSON.parse(await readFile(path, 'utf8')));
  for (const organization of organizations) await ensureOrganization(database, organization);
  log.info({ organizations: organizations.length }, 'the bootstrap file has been read');
}
