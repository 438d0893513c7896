import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ID_KINDS, PERMISSIONS, SERVICES } from '@plinth/contracts';
import { findRoute, routesFor } from '../../gateway/src/routes.ts';
import { camelOf } from './names.ts';

// What a name may be. Each check answers true, or what is wrong with it.

type Verdict = true | string;

const KEBAB = /^[a-z][a-z0-9]*(?:-[a-z][a-z0-9]*)*$/;
const LONGEST = 30;

const RESERVED = new Set([
  // in TypeScript
  ...'as async await break case catch class const continue debugger default delete do else enum export'.split(
    ' ',
  ),
  ...'extends false finally for from function if implements import in instanceof interface let new null'.split(
    ' ',
  ),
  ...'package private protected public return static super switch this throw true try type typeof var'.split(
    ' ',
  ),
  ...'void while with yield'.split(' '),
  // in SQL
  ...'all and any array asc both cast check collate column constraint create current-user desc'.split(' '),
  ...'distinct end except fetch foreign grant group having initially intersect into lateral leading'.split(
    ' ',
  ),
  ...'limit localtime not offset on only or order placing primary references returning select some'.split(
    ' ',
  ),
  ...'symmetric table then to trailing union unique user using variadic when where window'.split(' '),
  // in the templates themselves
  ...'before call change cursor database etag log page procedure request router service slice'.split(' '),
]);

function checkWord(word: string): Verdict {
  if (!KEBAB.test(word)) return 'must be lower-case words with hyphens between them, such as audit-log';
  if (word.length < 3 || word.length > LONGEST) return `must have 3 to ${LONGEST} letters`;
  return RESERVED.has(word) ? `${word} means something else already, in TypeScript, SQL or Plinth` : true;
}

export function checkService(service: string, root: string): Verdict {
  const folders = ['', 'apps', 'packages'].map((parent) => join(root, parent, service));
  const isTaken = SERVICES.some((known) => known === service) || folders.some((folder) => existsSync(folder));
  return isTaken ? `${service} is taken` : checkWord(service);
}

export function checkResource(resource: string): Verdict {
  const isTaken = ID_KINDS.some((kind) => kind === camelOf(resource));
  return isTaken ? `there is a kind of id named ${camelOf(resource)} already` : checkWord(resource);
}

export function checkPlural(plural: string, resource: string): Verdict {
  if (plural === resource) return 'must differ from the singular';
  if (PERMISSIONS.some((permission) => permission.startsWith(`${plural}:`))) {
    return `there are permissions named ${plural} already`;
  }
  return findRoute(routesFor('embedded'), `/v1/${plural}`) ? `/v1/${plural} is taken` : checkWord(plural);
}
