import { z } from 'zod';

// The Postgres servers that hold the data of workspaces, as one setting lists them. It holds passwords: what is wrong with it is
// told by its place in the list, never by its content.

const postgresUrl = z.string().refine((text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && /^postgres(?:ql)?:$/.test(url.protocol) && url.pathname.length > 1;
}, 'must be a postgres:// URL that names a database');

const clusterSetting = z.strictObject({
  /** What the placements of workspaces call it, for ever. */
  name: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, 'must be a short name in lower case'),
  /** Of the login that makes the workspaces: it owns the database, and may create roles. */
  adminUrl: postgresUrl,
  /** Where the rows of workspaces are served from, where that is not where the admin connects: a pgbouncer. */
  url: postgresUrl.optional(),
  /** Behind a pool in transaction mode a connection has no prepared statements of its own. */
  poolMode: z.enum(['session', 'transaction']).default('session'),
  /** The organization, tenant or workspace whose data alone lies there; without one it is shared. */
  dedicatedTo: z
    .string()
    .regex(/^(?:org|tnt|wks)_[0-9A-Za-z]+$/, 'must be the id of an organization, tenant or workspace')
    .optional(),
  maxWorkspaces: z.number().int().min(1).max(10_000).default(2_000),
  /** Shared, and its people may still be given logins of their own: an installation with one operator. */
  sqlCredentials: z.boolean().default(false),
});

const clusterList = z
  .array(clusterSetting)
  .min(1)
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'name a cluster twice');

export type ClusterSetting = z.output<typeof clusterSetting>;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A list in JSON. */
export const clusters = () =>
  z.string().transform((text, context) => {
    const content = parseJson(text);
    const parsed = content === undefined ? undefined : clusterList.safeParse(content);
    if (parsed?.success) return parsed.data;
    const problems = parsed?.error.issues ?? [];
    const lines = problems.map(({ path, message }) => `${path.join('.') || 'the list'}: ${message}`);
    context.addIssue({ code: 'custom', message: parsed ? lines.join('; ') : 'is not JSON' });
    return z.NEVER;
  });
