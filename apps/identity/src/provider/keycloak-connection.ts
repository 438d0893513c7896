import KeycloakAdminClient, { NetworkError } from '@keycloak/keycloak-admin-client';
import { AppError } from '@plinth/contracts';
import { withinDeadline } from './deadline.ts';
import { ADMIN_CLIENT } from './keycloak-realm.ts';
import { unavailable } from './oauth-errors.ts';
import { providerTokensSchema } from './provider.ts';
import type { RealmRef } from './realm-admin.ts';

// How a Keycloak is administered: under a token of the one whose business it is, within a deadline, and whatever goes
// wrong stays in the log.

const DEADLINE_MS = 4_000;

export interface Credential {
  realm: string;
  clientId: string;
  clientSecret: string;
}

export type Within = <T>(realm: RealmRef, work: (client: KeycloakAdminClient) => Promise<T>) => Promise<T>;

/** In the realm whose administrator one is. */
export type WithAdmin = <T>(work: (client: KeycloakAdminClient) => Promise<T>) => Promise<T>;

export const statusOf = (error: unknown): number | undefined =>
  error instanceof NetworkError ? error.response.status : undefined;

/** What is not there is nothing, and no fault. */
export async function orNothing<T>(work: Promise<T | null>): Promise<T | undefined> {
  try {
    return (await work) ?? undefined;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

export async function asUnavailable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof AppError ? error : unavailable(error);
  }
}

export function createConnection(baseUrl: string) {
  async function tokenOf({ realm, clientId, clientSecret }: Credential): Promise<string> {
    const response = await fetch(`${baseUrl}/realms/${realm}/protocol/openid-connect/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
      }),
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    if (!response.ok) throw new Error(`Keycloak answered ${response.status} to ${clientId} of ${realm}`);
    return providerTokensSchema.parse(await response.json()).access_token;
  }

  async function connect(credential: Credential, timeout = DEADLINE_MS): Promise<KeycloakAdminClient> {
    const client = new KeycloakAdminClient({ baseUrl, realmName: credential.realm, timeout });
    client.setAccessToken(await tokenOf(credential));
    return client;
  }

  const withAdmin =
    (credential: Credential): WithAdmin =>
    (work) =>
      asUnavailable(withinDeadline(connect(credential).then(work), DEADLINE_MS));

  /** In a realm, as its own administrator. */
  const within: Within = ({ name, secret }, work) =>
    withAdmin({ realm: name, clientId: ADMIN_CLIENT, clientSecret: secret })(work);

  return { connect, withAdmin, within };
}
