// The port to whoever keeps the realms of tenants. What it makes has an id or name that was chosen before, so each of these
// can be asked again after a crash: it then finds or repeats what is there. No answer in time is AUTH_UNAVAILABLE, and what
// a backend cannot do is CAPABILITY_UNAVAILABLE.

/** A realm at its provider. */
export interface RealmRef {
  name: string;
  /** Of the realm's own administrator, where the provider has one. */
  secret: string;
}

export interface RealmClient {
  id: string;
  name: string;
  type: 'public' | 'confidential';
  /** A set: their order is not kept. */
  redirectUris: readonly string[];
  /** Whether it may get tokens of its own, without a user. */
  clientCredentials: boolean;
  createdAt: string;
}

export interface NewRealmClient extends Omit<RealmClient, 'createdAt'> {
  /** A confidential one has it. */
  secret: string | undefined;
}

export interface ClientChanges {
  name?: string | undefined;
  redirectUris?: readonly string[] | undefined;
  clientCredentials?: boolean | undefined;
}

export interface RealmRole {
  name: string;
  description: string;
}

/** Somebody who signs in to a tenant's apps. */
export interface RealmUser {
  /** The `sub` of the tokens. */
  id: string;
  email: string;
  displayName: string | null;
  emailVerified: boolean;
  enabled: boolean;
  createdAt: string;
}

export interface NewRealmUser {
  email: string;
  displayName: string | undefined;
  emailVerified: boolean;
  enabled: boolean;
  /** Without one there is no sign-in by password. */
  password: string | undefined;
}

export type UserChanges = {
  [K in 'displayName' | 'emailVerified' | 'enabled' | 'password']?: NewRealmUser[K] | undefined;
};

export interface UserQuery {
  /** Only the one with this address. */
  email: string | undefined;
  /** How many to pass over, in the order of their addresses. */
  first: number;
  max: number;
}

export interface RealmAdmin {
  backend: 'embedded' | 'keycloak';
  /** Makes the realm, or leaves the one that is there as it is. */
  ensureRealm(realm: RealmRef): Promise<void>;
  /** Where it is not enabled nobody can sign in; nothing is lost. */
  setEnabled(realm: RealmRef, enabled: boolean): Promise<void>;

  /** By falling id. */
  listClients(realm: RealmRef): Promise<RealmClient[]>;
  findClient(realm: RealmRef, id: string): Promise<RealmClient | undefined>;
  /** Makes the client; the one that is there already becomes like this. */
  putClient(realm: RealmRef, client: NewRealmClient): Promise<RealmClient>;
  /** Nothing where there is no such client. */
  updateClient(realm: RealmRef, id: string, changes: ClientChanges): Promise<RealmClient | undefined>;
  setClientSecret(realm: RealmRef, id: string, secret: string): Promise<RealmClient | undefined>;
  /** False where there was none. */
  removeClient(realm: RealmRef, id: string): Promise<boolean>;

  /** By name. */
  listRoles(realm: RealmRef): Promise<RealmRole[]>;
  findRole(realm: RealmRef, name: string): Promise<RealmRole | undefined>;
  /** `attempt` tells our own, which is found again, from another's of that name: then nothing is made. */
  makeRole(realm: RealmRef, role: RealmRole, attempt: string): Promise<RealmRole | undefined>;
  describeRole(realm: RealmRef, role: RealmRole): Promise<RealmRole | undefined>;
  removeRole(realm: RealmRef, name: string): Promise<boolean>;

  listUsers(realm: RealmRef, query: UserQuery): Promise<RealmUser[]>;
  findUser(realm: RealmRef, id: string): Promise<RealmUser | undefined>;
  /** As with roles: nothing is made where somebody else has the address. */
  makeUser(realm: RealmRef, user: NewRealmUser, attempt: string): Promise<RealmUser | undefined>;
  /** A new password, or disabling, ends the user's sessions. */
  updateUser(realm: RealmRef, id: string, changes: UserChanges): Promise<RealmUser | undefined>;
  removeUser(realm: RealmRef, id: string): Promise<boolean>;
  /** The names of the user's roles, by name; nothing where there is no such user. */
  rolesOfUser(realm: RealmRef, id: string): Promise<string[] | undefined>;
  /** Nothing where there is no such user. Roles that are not there are ROLE_NOT_FOUND. */
  setRolesOfUser(realm: RealmRef, id: string, names: readonly string[]): Promise<string[] | undefined>;
}
