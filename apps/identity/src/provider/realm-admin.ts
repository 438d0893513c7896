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
}
