import { readFileSync } from 'node:fs';
import type RealmRepresentation from '@keycloak/keycloak-admin-client/lib/defs/realmRepresentation.js';
import { z } from 'zod';
import type { RealmRef } from './realm-admin.ts';

// What a tenant's realm is at its birth: the rules of the realm that Plinth ships, an administrator of its own, and none of
// Keycloak's clients that take passwords. One call makes all of it, so there is no realm that is half made.

/** Of each realm, that of the tenants as well as `plinth` and `master`. */
export const ADMIN_CLIENT = 'plinth-admin';

/** The attribute of what an attempt has made: the attempt, so that it is found again. Only administrators see it. */
export const MADE_BY = 'plinthAttempt';

const SHIPPED = new URL('../../keycloak/plinth-realm.json', import.meta.url);
const PROFILE = 'org.keycloak.userprofile.UserProfileProvider';
const CONFIG = 'kc.user.profile.config';

const ADMIN_ROLES = [
  'manage-realm',
  'view-realm',
  'manage-users',
  'view-users',
  'query-users',
  'manage-clients',
  'view-clients',
  'query-clients',
];

const profileConfig = z.looseObject({ attributes: z.array(z.looseObject({ name: z.string() })) });

const shipped = z.looseObject({
  components: z.object({
    [PROFILE]: z.tuple([z.looseObject({ config: z.object({ [CONFIG]: z.tuple([z.string()]) }) })]),
  }),
});

function withAttribute(text: string): string {
  const profile = profileConfig.parse(JSON.parse(text));
  const administrators = { view: ['admin'], edit: ['admin'] };
  const attributes = [...profile.attributes, { name: MADE_BY, permissions: administrators }];
  return JSON.stringify({ ...profile, attributes });
}

/** All of it but the name, clients and users, which are the installation's own. */
function sharedRules(): Record<string, unknown> {
  const { components, ...rules } = shipped.parse(JSON.parse(readFileSync(SHIPPED, 'utf8')));
  const [profile] = components[PROFILE];
  const config = { [CONFIG]: [withAttribute(profile.config[CONFIG][0])] };
  return { ...rules, displayName: '', components: { [PROFILE]: [{ ...profile, config }] } };
}

const unused = (clientId: string) => ({
  clientId,
  enabled: false,
  publicClient: true,
  standardFlowEnabled: false,
  directAccessGrantsEnabled: false,
});

export function createRealmRepresentation(): (ref: RealmRef) => RealmRepresentation {
  const rules = sharedRules();
  return ({ name, secret }) => ({
    ...rules,
    realm: name,
    clients: [
      unused('admin-cli'),
      unused('security-admin-console'),
      {
        clientId: ADMIN_CLIENT,
        name: 'Plinth identity service',
        publicClient: false,
        clientAuthenticatorType: 'client-secret',
        secret,
        standardFlowEnabled: false,
        directAccessGrantsEnabled: false,
        serviceAccountsEnabled: true,
        fullScopeAllowed: true,
        defaultClientScopes: ['basic', 'roles', 'service_account'],
        optionalClientScopes: [],
      },
    ],
    users: [
      {
        username: `service-account-${ADMIN_CLIENT}`,
        enabled: true,
        serviceAccountClientId: ADMIN_CLIENT,
        clientRoles: { 'realm-management': ADMIN_ROLES },
      },
    ],
  });
}
