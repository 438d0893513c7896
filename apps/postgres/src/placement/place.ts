import type { Caller } from '@plinth/contracts';

// Where the data of a workspace lies, and by which of its roles a caller reaches it.

export interface Place {
  workspaceId: string;
  tenantId: string;
  organizationId: string;
  /** One of the clusters that the settings name. */
  cluster: string;
  database: string;
  /** `dedicated`: nobody else's data is on that cluster. */
  mode: 'shared' | 'dedicated';
  /** `ws_` and the ULID of the workspace, in lower case: its schema, and what the names of its roles begin with. */
  schema: string;
  /** The version of the master key that the passwords of its logins derive from. */
  passwordVersion: number;
}

/** Whose a workspace is. */
export type Owner = Pick<Place, 'workspaceId' | 'tenantId' | 'organizationId'>;

/** What a caller is to the policies of a workspace: each is a role of the database. */
export type Standing = 'member' | 'key' | 'user';

export const standingOf = ({ kind }: Pick<Caller, 'kind'>): Standing => {
  if (kind === 'endUser') return 'user';
  return kind === 'member' ? 'member' : 'key';
};

/** The logins of a workspace: `api` serves its rows, `owner` owns its tables and changes them. */
export type Login = 'api' | 'owner';

export const loginName = ({ schema }: Pick<Place, 'schema'>, login: Login): string => `${schema}_${login}`;
export const roleName = ({ schema }: Pick<Place, 'schema'>, standing: Standing): string =>
  `${schema}_${standing}`;
