import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PlopTypes } from '@turbo/gen';
import { checkPlural, checkResource, checkService } from './checks.ts';
import { type Answers, namesOf, pluralOf } from './names.ts';
import { checkWirings, WIRINGS } from './wirings.ts';

// `npx turbo gen service`: a service in the shape that every service has, with one resource that an organization owns, known
// everywhere a service must be known. Without questions: `npx turbo gen service --args notes note notes`.

const BIOME = 'node_modules/@biomejs/biome/bin/biome';

export default function generator(plop: PlopTypes.NodePlopAPI): void {
  const root = plop.getDestBasePath();
  const read = (path: string) => readFileSync(join(root, path), 'utf8');

  plop.setGenerator('service', {
    description: 'A service of its own behind the gateway, with one resource of an organization',
    prompts: [
      {
        type: 'input',
        name: 'service',
        message: 'The name of the service, such as audit-log:',
        validate: (service: string) => checkService(service, root),
      },
      {
        type: 'input',
        name: 'resource',
        message: 'What it keeps, in the singular, such as note:',
        validate: checkResource,
      },
      {
        type: 'input',
        name: 'plural',
        message: 'And in the plural:',
        default: ({ resource }: Answers) => pluralOf(resource),
        validate: (plural: string, { resource }: Answers) => checkPlural(plural, resource),
      },
    ],
    actions: (answers = {}) => {
      checkWirings(read);
      const { service, resource, plural } = answers;
      const tenancy = JSON.parse(read('apps/tenancy/package.json'));
      const data = { ...namesOf({ service, resource, plural }), zod: tenancy.dependencies.zod };
      return [
        {
          type: 'addMany',
          destination: 'apps/{{service}}',
          base: 'templates/service',
          templateFiles: 'templates/service/**',
          globOptions: {},
          data,
        },
        ...WIRINGS.map((wiring) => ({ type: 'modify' as const, ...wiring, data })),
        () => {
          const paths = [`apps/${service}`, ...WIRINGS.map(({ path }) => path)];
          execFileSync(process.execPath, [BIOME, 'format', '--write', ...paths], {
            cwd: root,
            stdio: 'pipe',
          });
          return 'formatted';
        },
        `apps/${service} is there, and known to contracts, gateway, client, npm start and the documents. Next:`,
        '  npm install            links the workspace',
        '  npm run documents      renews the settings in README.md, and openapi/',
        `  npm test -w apps/${service}`,
      ];
    },
  });
}
