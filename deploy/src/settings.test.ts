import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { SERVICES, UPSTREAMS } from '@plinth/contracts';
import { createMasterKey, serviceKeyFiles } from '@plinth/passport';
import { parseEnv, SHUTDOWN_MS } from '@plinth/service';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import { settings as identity } from '../../apps/identity/src/env.ts';
import { settings as tenancy } from '../../apps/tenancy/src/env.ts';
import { settings as postgres } from '../../apps/postgres/src/env.ts';
import { settings as gateway } from '../../gateway/src/env.ts';
import { setupSettings } from './env.ts';
import { BOOTSTRAP_FILE } from './setup.ts';
import { compose, composePlaceholders, composeWith, inRepository } from './testing/compose-file.ts';
import { readDockerfile } from './testing/dockerfile.ts';

// The settings that docker-compose.yml gives, held against the schemas of the processes that read them.

const processes = { gateway, postgres, identity, tenancy, setup: setupSettings };
type ProcessName = keyof typeof processes;
const names: ProcessName[] = ['gateway', 'identity', 'tenancy', 'postgres', 'setup'];

const hex = (): string => randomBytes(32).toString('hex');
const required = composePlaceholders.flatMap(({ name, required }) => (required ? [name] : []));
const fillings = {
  ...Object.fromEntries(required.map((name) => [name, hex()])),
  PLINTH_PUBLIC_URL: 'https://api.example.com',
  KEYCLOAK_PUBLIC_URL: 'https://id.example.com',
  PLINTH_ADMIN_EMAIL: 'admin@example.com',
  PLINTH_MASTER_KEY: `v1:${randomBytes(32).toString('base64')}`,
};
const filled = composeWith(fillings);

/** What the process finds in its environment. */
function environmentOf(name: string): Record<string, string> {
  const { NODE_ENV: _, ...image } = readDockerfile('Dockerfile').env;
  const own = filled.services[name]?.environment ?? {};
  return name === 'setup' ? own : { ...image, ...own };
}

test('every service of the platform has a container that runs it', () => {
  for (const service of UPSTREAMS) {
    expect(compose.services[service]?.command).toBe(`node apps/${service}/src/main.ts`);
  }
  for (const name of names) {
    const [program, file = ''] = String(compose.services[name]?.command).split(' ');
    expect(program).toBe('node');
    expect(existsSync(inRepository(file)), file).toBe(true);
  }
  expect(new Set([...SERVICES, 'setup'])).toEqual(new Set(names));
});

test.each(names)('%s is given what it requires, and nothing that it does not know', (name) => {
  const schema: z.ZodObject = processes[name];
  const unknown = Object.keys(environmentOf(name)).filter((setting) => !(setting in schema.shape));
  expect(unknown).toEqual([]);
  expect(() => parseEnv(schema, environmentOf(name))).not.toThrow();
});

test('the provider and the secrets are of the form that services ask for at their start', () => {
  const { PLINTH_MASTER_KEY, ...settings } = parseEnv(identity, environmentOf('identity'));
  expect(createMasterKey(PLINTH_MASTER_KEY).versions).toEqual([1]);
  expect(settings).toMatchObject({
    IDENTITY_PROVIDER: 'keycloak',
    KEYCLOAK_URL: expect.any(String),
    KEYCLOAK_ADMIN_CLIENT_SECRET: filled.services.keycloak?.environment.PLINTH_ADMIN_CLIENT_SECRET,
  });
  expect(environmentOf('tenancy').PLINTH_MASTER_KEY).toBe(PLINTH_MASTER_KEY);
  const door = parseEnv(gateway, environmentOf('gateway'));
  expect(door).toMatchObject({ IDENTITY_PROVIDER: 'keycloak', ISSUER_URL: settings.ISSUER_URL });
  expect(settings.ISSUER_URL).toBe(`${filled.services.keycloak?.environment.KC_HOSTNAME}/realms/plinth`);
});

test('addresses lead to containers in a network that both are in, at the port they listen on', () => {
  const { PORT, INTERNAL_PORT } = readDockerfile('Dockerfile').env;
  const ports: Record<string, string[]> = {
    database: ['5432'],
    workspaces: ['5432'],
    redis: ['6379'],
    keycloak: ['8080'],
  };
  for (const [name, { environment, networks }] of Object.entries(filled.services)) {
    for (const [, host = '', port] of Object.values(environment)
      .join(' ')
      .matchAll(/\/\/(?:\S+@)?([a-z]+):(\d+)/g)) {
      const listener = filled.services[host];
      expect(ports[host] ?? [PORT, INTERNAL_PORT], `${name} to ${host}`).toContain(port);
      expect(
        listener?.networks.some((network) => networks.includes(network)),
        `${name} to ${host}`,
      ).toBe(true);
    }
  }
});

test.each(SERVICES)('%s has the time that it takes to leave', (name) => {
  const { SHUTDOWN_DELAY_MS } = parseEnv(processes[name], environmentOf(name));
  const [, seconds] = /^(\d+)s$/.exec(compose.services[name]?.stop_grace_period ?? '') ?? [];
  expect(Number(seconds) * 1_000).toBeGreaterThan(SHUTDOWN_DELAY_MS + SHUTDOWN_MS);
});

test('the replicas of a service are named in one setting, to everybody who calls it', () => {
  const replicas = { TENANCY_URL: 'http://tenancy:4000,http://tenancy:4001' };
  const several = composeWith({ ...fillings, ...replicas });
  expect(several.services.gateway?.environment.TENANCY_URL).toBe(replicas.TENANCY_URL);
  for (const name of ['identity', 'postgres']) {
    expect(several.services[name]?.environment.TENANCY_URL).toBe(replicas.TENANCY_URL);
  }
});

test('the logins that are made are those that containers connect with', () => {
  const { DATABASE_URLS, SUPERUSER_URL } = parseEnv(setupSettings, environmentOf('setup'));
  const { KC_DB_URL, KC_DB_USERNAME, KC_DB_PASSWORD, KC_DB_SCHEMA } =
    filled.services.keycloak?.environment ?? {};
  const keycloak = `postgres://${KC_DB_USERNAME}:${KC_DB_PASSWORD}@${KC_DB_URL?.replace('jdbc:postgresql://', '')}`;
  const services = UPSTREAMS.map((name) => environmentOf(name).DATABASE_URL ?? '');
  expect([...DATABASE_URLS].sort()).toEqual([...services, keycloak].sort());
  // A login has a schema of its own name and may write nowhere else.
  expect(KC_DB_SCHEMA).toBe(KC_DB_USERNAME);
  expect(new URL(SUPERUSER_URL).password).toBe(filled.services.database?.environment.POSTGRES_PASSWORD);
  const [cluster] = parseEnv(postgres, environmentOf('postgres')).CLUSTERS;
  expect(new URL(cluster?.adminUrl ?? '').password).toBe(
    filled.services.workspaces?.environment.POSTGRES_PASSWORD,
  );
  expect(new Set(DATABASE_URLS.map((url) => new URL(url).password)).size).toBe(DATABASE_URLS.length);
});

test('a service reads the keys that setup makes for it, and can open no other folder', () => {
  const { STATE_DIRECTORY } = parseEnv(setupSettings, environmentOf('setup'));
  for (const service of SERVICES) {
    const folder = `${STATE_DIRECTORY}/${service}`;
    const { keysFileOf, trustedKeysFile } = serviceKeyFiles(folder);
    const environment = environmentOf(service);
    expect(environment.SERVICE_KEYS_FILE).toBe(keysFileOf(service));
    if (service !== 'gateway') expect(environment.TRUSTED_KEYS_FILE).toBe(trustedKeysFile);
    const readsBootstrap = 'BOOTSTRAP_FILE' in processes[service].shape;
    expect(environment.BOOTSTRAP_FILE).toBe(readsBootstrap ? `${folder}/${BOOTSTRAP_FILE}` : undefined);
    expect(compose.services[service]?.volumes).toEqual([`${service}:${folder}:ro`]);
    expect(compose.services.setup?.volumes).toContain(`${service}:${folder}`);
  }
});
