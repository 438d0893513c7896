// Where a service is known outside its own folder: one entry in each of these tables. A pattern finds the place, once;
// the template is what stands there afterwards.

export interface Wiring {
  path: string;
  pattern: RegExp;
  template: string;
}

export const WIRINGS: readonly Wiring[] = [
  {
    path: 'packages/contracts/src/upstreams.ts',
    pattern: /(UPSTREAMS = \[[^\]]*?),?(\s*\] as const)/,
    template: "$1, '{{service}}'$2",
  },
  {
    path: 'packages/contracts/src/permissions.ts',
    pattern: /(export const PERMISSIONS = \[[^\]]*?),?(\s*\] as const)/,
    template: "$1,\n  '{{many.kebab}}:read',\n  '{{many.kebab}}:write'$2",
  },
  {
    path: 'packages/contracts/src/ids.ts',
    pattern: /(ID_PREFIXES = \{[^}]*?),?(\s*\} as const)/,
    template: "$1,\n  {{one.camel}}: '{{prefix}}'$2",
  },
  {
    path: 'packages/contracts/src/errors.ts',
    pattern: /(\n {2}METHOD_NOT_ALLOWED: \[405,)/,
    template: "\n  {{one.constant}}_NOT_FOUND: [404, 'The {{one.words}} was not found'],$1",
  },
  {
    path: 'packages/contracts/src/degraded-modes.ts',
    pattern: /(\n {2}'gateway\.keys': \{)/,
    template:
      "\n  '{{service}}': lostService('{{many.words}}', 'every other service'),\n  '{{service}}.postgres': lostDatabase('{{many.words}}', 'every other service'),$1",
  },
  {
    path: 'gateway/src/routes.ts',
    pattern: /(REST_ROUTES: readonly Route\[\] = \[[\s\S]*?)(\n\];)/,
    template: "$1\n  { ...CALLER_ROUTE, prefix: '/v1/{{many.kebab}}', service: '{{service}}' },$2",
  },
  {
    path: 'packages/local/src/services.ts',
    pattern: /(\n {2}\{\s+name: 'gateway',)/,
    template: "\n  app('{{service}}'),$1",
  },
  {
    path: 'scripts/documents/services.ts',
    pattern: /(\n\n\/\*\* Every service that answers)/,
    template: "\nimport { appRouter as {{app.camel}} } from '../../apps/{{service}}/src/router.ts';$1",
  },
  {
    path: 'scripts/documents/services.ts',
    pattern: /(\n\];)/,
    template: "\n  { service: '{{service}}', router: {{app.camel}} },$1",
  },
  {
    path: 'scripts/documents/settings.ts',
    pattern: /(\nimport \{ settings as gateway \})/,
    template: "\nimport { settings as {{app.camel}} } from '../../apps/{{service}}/src/env.ts';$1",
  },
  {
    path: 'scripts/documents/settings.ts',
    pattern: /(\n\];)/,
    template: "\n  { title: '{{service}}', schema: {{app.camel}} },$1",
  },
  {
    path: 'packages/client/src/services.ts',
    pattern: /(\n\n)/,
    template:
      "\nimport type { AppRouter as {{app.pascal}}Router } from '../../../apps/{{service}}/src/router.ts';$1",
  },
  {
    path: 'packages/client/src/services.ts',
    pattern: /(interface Services \{[^}]*?)(\n\})/,
    template: "$1\n  '{{service}}': {{app.pascal}}Router;$2",
  },
  {
    path: 'docker-compose.yml',
    pattern: /(\n {6}IDENTITY_PROVIDER: keycloak\n {6}ISSUER_URL: [^\n]*\n {6}JWKS_URL)/,
    template: '\n      {{app.constant}}_URL: {{url}}\n      {{app.constant}}_INTERNAL_URL: {{internalUrl}}$1',
  },
  {
    path: 'docker-compose.yml',
    pattern: /(\n {6}identity: \{ condition: service_healthy \})/,
    template: '$1\n      {{service}}: { condition: service_healthy }',
  },
  {
    path: 'docker-compose.yml',
    pattern: /(\n {2}# Runs and ends at every)/,
    template: `
  {{service}}:
    <<: *process
    command: node apps/{{service}}/src/main.ts
    environment:
      <<: *log
      PLINTH_MASTER_KEY: *master-key
      SERVICE_KEYS_FILE: /var/lib/plinth/{{service}}/{{service}}.private.jwks.json
      TRUSTED_KEYS_FILE: /var/lib/plinth/{{service}}/trusted.jwks.json
      DATABASE_URL: postgres://{{service}}:{{databasePassword}}@postgres:5432/plinth
    volumes: ["{{service}}:/var/lib/plinth/{{service}}:ro"]
    networks: [services, database]
    depends_on:
      setup: { condition: service_completed_successfully }
      postgres: { condition: service_healthy }
$1`,
  },
  {
    path: 'docker-compose.yml',
    pattern: /(\n {8}postgres:\/\/keycloak:)/,
    template: '\n        postgres://{{service}}:{{databasePassword}}@postgres:5432/plinth$1',
  },
  {
    path: 'docker-compose.yml',
    pattern: /(\n {6}- tenancy:\/var\/lib\/plinth\/tenancy)/,
    template: '$1\n      - {{service}}:/var/lib/plinth/{{service}}',
  },
  {
    path: 'docker-compose.yml',
    pattern: /(\n {2}tenancy: \{\})/,
    template: '$1\n  {{service}}: {}',
  },
  {
    path: '.env.example',
    pattern: /(\nKEYCLOAK_DATABASE_PASSWORD=)/,
    template: '\n{{app.constant}}_DATABASE_PASSWORD=$1',
  },
  {
    path: '.env.example',
    pattern: /(\n# Addresses or CIDRs of your proxy)/,
    template:
      '\n#{{app.constant}}_URL=http://{{service}}:4000\n#{{app.constant}}_INTERNAL_URL=http://{{service}}:9400$1',
  },
  {
    path: 'deploy/src/settings.test.ts',
    pattern: /(\nimport \{ settings as gateway \})/,
    template: "\nimport { settings as {{app.camel}} } from '../../apps/{{service}}/src/env.ts';$1",
  },
  {
    path: 'deploy/src/settings.test.ts',
    pattern: /(processes = \{ gateway,)/,
    template: "$1 '{{service}}': {{app.camel}},",
  },
  {
    path: 'deploy/src/settings.test.ts',
    pattern: /(\['gateway', 'identity', 'tenancy')/,
    template: "$1, '{{service}}'",
  },
];

/** A table that has been rebuilt is found out before anything is written. */
export function checkWirings(read: (path: string) => string): void {
  for (const { path, pattern } of WIRINGS) {
    const places = [...read(path).matchAll(new RegExp(pattern, 'g'))].length;
    if (places !== 1)
      throw new Error(`${path} has ${places} places for a new entry: adapt turbo/generators/wirings.ts`);
  }
}
