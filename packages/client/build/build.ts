import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build } from 'rolldown';

// The client as others install it: one JavaScript file, and declarations that need nothing of this repository.

const HERE = join(import.meta.dirname, '..');
const OUT = join(HERE, 'dist');
const EMITTED = join(OUT, 'emitted');
const TSC = join(HERE, '../../node_modules/.bin/tsc');
const ENTRY = 'packages/client/build/installed.d.ts';
/** All that the client's declarations take from contracts. */
const CONTRACTS = 'packages/contracts/src/client-types.d.ts';

const SPECIFIER = /(\bfrom |\bimport\()(['"])([^'"]+)\2/g;

/** One declaration file and, through its imports, all that it needs. */
function copyDeclarations(file: string, copied = new Set<string>()): Set<string> {
  if (copied.has(file)) return copied;
  copied.add(file);
  const folder = dirname(file);
  const text = readFileSync(join(EMITTED, file), 'utf8').replace(
    SPECIFIER,
    (_, before: string, quote: string, specifier: string) => {
      const target = targetOf(specifier, folder);
      copyDeclarations(target, copied);
      const path = relative(folder, target).replace(/\.d\.ts$/, '.js');
      return `${before}${quote}${path.startsWith('.') ? path : `./${path}`}${quote}`;
    },
  );
  const to = join(OUT, 'types', file);
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, text);
  return copied;
}

function targetOf(specifier: string, folder: string): string {
  if (specifier === '@plinth/contracts') return CONTRACTS;
  const target = join(folder, specifier).replace(/\.ts$/, '.d.ts');
  const isOwn = specifier.startsWith('.') && /^packages\/(?:client|contracts)\//.test(target);
  if (!isOwn) throw new Error(`${folder} needs ${specifier}, which is not part of the installed client`);
  return target;
}

function manifest(): object {
  const { name, version, description, dependencies } = JSON.parse(
    readFileSync(join(HERE, 'package.json'), 'utf8'),
  );
  const { '@plinth/contracts': _, ...installed } = dependencies;
  return {
    name,
    version,
    description,
    license: 'MIT',
    type: 'module',
    sideEffects: false,
    engines: { node: '>=20' },
    exports: { '.': { types: `./types/${ENTRY}`, default: './index.js' } },
    dependencies: installed,
  };
}

rmSync(OUT, { recursive: true, force: true });
// The sources are checked with all others; this only writes their declarations.
execFileSync(TSC, ['-p', join(HERE, 'tsconfig.build.json')], { stdio: 'inherit' });
copyDeclarations(ENTRY);
rmSync(EMITTED, { recursive: true });
await build({
  input: join(HERE, 'build/installed.ts'),
  external: [/^@trpc\//],
  platform: 'neutral',
  output: { file: join(OUT, 'index.js') },
  logLevel: 'warn',
});
writeFileSync(join(OUT, 'package.json'), `${JSON.stringify(manifest(), undefined, 2)}\n`);
