import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { newId } from '@plinth/contracts';
import { z } from 'zod';
import { writePrivately } from './home.ts';

// Who is there from the first start on. Services make what is missing of it, so the file only ever grows, and the organization's
// id and the passwords are decided once.

const PASSWORD_BYTES = 18;

const organizationSchema = z.object({
  id: z.string(),
  slug: z.string(),
  displayName: z.string(),
  members: z.array(z.object({ email: z.string(), role: z.string() })),
});

/** More organizations and users may be added by hand; the first organization is the administrator's. */
const bootstrapSchema = z.object({
  organizations: z.tuple([organizationSchema], organizationSchema),
  users: z.array(z.object({ email: z.string(), password: z.string(), displayName: z.string() })),
});
type Bootstrap = z.infer<typeof bootstrapSchema>;

export interface Admin {
  email: string;
  password: string;
}

export interface Bootstrapped {
  organizationId: string;
  admin: Admin;
  /** The account is new in this start. */
  isNew: boolean;
  /** A password was asked for, but the account had been made with another one. */
  passwordIgnored: boolean;
}

function readBootstrap(file: string): Bootstrap {
  if (existsSync(file)) return bootstrapSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  return {
    organizations: [{ id: newId('organization'), slug: 'plinth', displayName: 'Plinth', members: [] }],
    users: [],
  };
}

export function ensureBootstrapFile(
  file: string,
  wanted: { email: string; password: string | undefined },
): Bootstrapped {
  const bootstrap = readBootstrap(file);
  const [organization] = bootstrap.organizations;
  const known = bootstrap.users.find(({ email }) => email === wanted.email);
  if (known) {
    return {
      organizationId: organization.id,
      admin: { email: known.email, password: known.password },
      isNew: false,
      passwordIgnored: wanted.password !== undefined && wanted.password !== known.password,
    };
  }
  const password = wanted.password ?? randomBytes(PASSWORD_BYTES).toString('base64url');
  organization.members.push({ email: wanted.email, role: 'owner' });
  bootstrap.users.push({ email: wanted.email, password, displayName: 'Administrator' });
  writePrivately(file, `${JSON.stringify(bootstrap, null, 2)}\n`);
  return {
    organizationId: organization.id,
    admin: { email: wanted.email, password },
    isNew: true,
    passwordIgnored: false,
  };
}
