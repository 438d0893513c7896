import { initService } from '@plinth/service';
import type { ApiKeyService } from './api-key/api-key.service.ts';
import type { LeakReports } from './api-key/report.ts';
import type { AuthService } from './auth/auth.service.ts';
import type { AuthzService } from './authz/authz.service.ts';
import type { ClientService } from './client/client.service.ts';
import type { MeService } from './me/me.service.ts';
import type { SignOut } from './me/sign-out.ts';
import type { PassportService } from './passport/passport.service.ts';
import type { RealmService } from './realm/realm.service.ts';
import type { RevocationService } from './revocation/revocation.service.ts';
import type { RoleService } from './role/role.service.ts';
import type { AccountClientService } from './service-account/account-client.service.ts';
import type { ServiceAccountService } from './service-account/service-account.service.ts';
import type { UserService } from './user/user.service.ts';

export interface Services {
  accountClients: AccountClientService;
  apiKeys: ApiKeyService;
  leaks: LeakReports;
  auth: AuthService;
  authz: AuthzService;
  me: MeService;
  passports: PassportService;
  revocations: RevocationService;
  realms: RealmService;
  clients: ClientService;
  roles: RoleService;
  serviceAccounts: ServiceAccountService;
  signOut: SignOut;
  users: UserService;
}

export const { router, procedure, internalProcedure } = initService<Services>();
