import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  audienceOf,
  type Caller,
  type KeyRole,
  type MemberRole,
  newId,
  permissionsOf,
  SERVICES,
  type ServiceName,
} from '@plinth/contracts';
import {
  createPassportMinter,
  createServiceTokenMinter,
  createSigner,
  writeServiceKeys,
} from '@plinth/passport';

// The keys of a whole installation, made for one suite: what identity and the other services would sign, tests sign.

export interface TestKeys {
  /** The settings that every process needs beside its own. */
  settings(service: ServiceName): TestSettings;
  passport(caller: Caller, service: ServiceName): Promise<string>;
  serviceToken(from: ServiceName, to: ServiceName, passport?: string): Promise<string>;
  remove(): Promise<void>;
}

export interface TestSettings {
  HOST: string;
  PORT: number;
  INTERNAL_PORT: number;
  SHUTDOWN_DELAY_MS: number;
  LOG_LEVEL: 'silent' | 'info';
  PLINTH_MASTER_KEY: string;
  SERVICE_KEYS_FILE: string;
  TRUSTED_KEYS_FILE: string;
}

const MASTER_KEY = `v1:${Buffer.alloc(32, 7).toString('base64')}`;

export async function createTestKeys(): Promise<TestKeys> {
  const directory = await mkdtemp(join(tmpdir(), 'plinth-keys-'));
  const files = await writeServiceKeys({ directory, services: SERVICES });
  const signerOf = (service: ServiceName) => createSigner({ service, keysFile: files.keysFileOf(service) });
  const passports = createPassportMinter(signerOf('identity'));

  return {
    settings: (service) => ({
      HOST: '127.0.0.1',
      PORT: 0,
      INTERNAL_PORT: 0,
      SHUTDOWN_DELAY_MS: 0,
      LOG_LEVEL: process.env.PLINTH_TEST_LOG === 'true' ? 'info' : 'silent',
      PLINTH_MASTER_KEY: MASTER_KEY,
      SERVICE_KEYS_FILE: files.keysFileOf(service),
      TRUSTED_KEYS_FILE: files.trustedKeysFile,
    }),
    async passport(caller, service) {
      return (await passports.mint(caller, audienceOf(service))).passport;
    },
    serviceToken: (from, to, passport) =>
      createServiceTokenMinter(signerOf(from)).mint({ audience: to, passport }),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

/** A member of an organization of its own, with the rights of the role. */
export function testMember(role: MemberRole = 'owner', more: Partial<Caller> = {}): Caller {
  return {
    kind: 'member',
    id: newId('user'),
    email: `${role}@example.test`,
    organizationId: newId('organization'),
    role,
    permissions: [...permissionsOf(role)],
    capabilities: [],
    suspended: false,
    ...more,
  };
}

/** An API key of a member, with the rights of the key's role. */
export function testKey(role: KeyRole = 'admin:write', more: Partial<Caller> = {}): Caller {
  const { email: _, ...owner } = testMember('owner');
  return {
    ...owner,
    kind: 'apiKey',
    id: newId('apiKey'),
    ownerId: owner.id,
    ownerRole: 'owner',
    role,
    permissions: [...permissionsOf(role)],
    ...more,
  };
}
