import type ClientRepresentation from '@keycloak/keycloak-admin-client/lib/defs/clientRepresentation.js';
import type { ClientChanges, NewRealmClient, RealmClient } from './realm-admin.ts';

// A client of a tenant's realm, in Keycloak's words.

const CREATED = 'plinth.created';

const usesOf = ({ redirectUris, clientCredentials }: ClientChanges): ClientRepresentation => ({
  ...(redirectUris && { redirectUris: [...redirectUris], standardFlowEnabled: redirectUris.length > 0 }),
  ...(clientCredentials !== undefined && { serviceAccountsEnabled: clientCredentials }),
});

export function toRepresentation(client: NewRealmClient): ClientRepresentation {
  const { id, name, type, secret } = client;
  return {
    clientId: id,
    name,
    enabled: true,
    protocol: 'openid-connect',
    publicClient: type === 'public',
    ...(secret !== undefined && { clientAuthenticatorType: 'client-secret', secret }),
    ...usesOf(client),
    implicitFlowEnabled: false,
    directAccessGrantsEnabled: false,
    webOrigins: ['+'],
    attributes: {
      'pkce.code.challenge.method': 'S256',
      'post.logout.redirect.uris': '+',
      [CREATED]: new Date().toISOString(),
    },
    defaultClientScopes: ['basic', 'email', 'profile', 'roles', 'service_account', 'web-origins'],
    optionalClientScopes: ['offline_access'],
    // Without it the audience of a token is `account`.
    protocolMappers: [
      {
        name: 'audience plinth-api',
        protocol: 'openid-connect',
        protocolMapper: 'oidc-audience-mapper',
        config: {
          'included.custom.audience': 'plinth-api',
          'access.token.claim': 'true',
          'introspection.token.claim': 'true',
          'id.token.claim': 'false',
        },
      },
    ],
  };
}

export const changed = (
  known: ClientRepresentation,
  { name, ...uses }: ClientChanges,
): ClientRepresentation => ({
  ...known,
  ...(name !== undefined && { name }),
  ...usesOf(uses),
});

export const fromRepresentation = (client: ClientRepresentation): RealmClient => ({
  id: client.clientId ?? '',
  name: client.name ?? '',
  type: client.publicClient ? 'public' : 'confidential',
  redirectUris: client.redirectUris ?? [],
  clientCredentials: client.serviceAccountsEnabled ?? false,
  createdAt: client.attributes?.[CREATED] ?? new Date(0).toISOString(),
});
