import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { API_VERSIONS, ERROR_CODES, statusOf } from '@plinth/contracts';
import { expect, test } from 'vitest';

// What the document owes its readers of every operation, whichever service it is of. That its examples are valid is redocly's
// to say; here it is said that there are any, and that nothing is left out that happens on a route of this kind.

interface Media {
  example?: unknown;
  examples?: Record<string, unknown>;
}

interface Answer {
  description?: string;
  content?: Record<string, Media>;
}

interface Parameter {
  $ref?: string;
  name: string;
  description?: string;
  schema?: { description?: string };
}

interface Operation {
  summary?: string;
  description?: string;
  tags: string[];
  security: object[];
  parameters?: Parameter[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, Answer>;
  'x-idempotency'?: string;
}

const committed = (version: string) => join(import.meta.dirname, `../../../openapi/${version}.json`);

const hasExample = ({ example, examples }: Media): boolean => example !== undefined || examples !== undefined;

/** What the gateway answers by itself needs nothing that could be away, and is not counted. */
const isOwn = ({ tags }: Operation): boolean => tags.includes('Platform');

/** The statuses that a route of its kind can answer with, whatever it does. */
function expectedStatuses(path: string, operation: Operation): string[] {
  if (isOwn(operation)) return ['400', '500'];
  return [
    ...['400', '406', '429', '500', '502', '503', '504'],
    ...(operation.security.length > 0 ? ['401', '403'] : []),
    ...(path.includes('{') ? ['404'] : []),
    ...(operation.requestBody ? ['413', '415'] : []),
    ...(operation['x-idempotency'] ? ['409'] : []),
  ];
}

/** The codes that a status names, each of which has to be known, to have this status, and to be shown. */
function errorsAmiss(status: string, { description = '', content }: Answer): string[] {
  const named = [...description.matchAll(/`([A-Z_]+)`/g)].map(([, code = '']) => code);
  const shown = Object.keys(content?.['application/json']?.examples ?? {});
  const known = ERROR_CODES.filter((code) => String(statusOf(code)) === status && named.includes(code));
  return [
    ...(named.length === 0 ? [`${status} names no code`] : []),
    ...(known.length < named.length ? [`${status} names a code of another status: ${named}`] : []),
    ...named.filter((code) => !shown.includes(code)).map((code) => `${status} ${code} has no example`),
  ];
}

function amiss(path: string, operation: Operation, resolved: (parameter: Parameter) => Parameter): string[] {
  const { summary = '', description = '', parameters = [], requestBody, responses } = operation;
  const answers = Object.entries(responses);
  const bodies = [
    ...Object.entries(requestBody?.content ?? {}).map(([type, media]) => [`body ${type}`, media] as const),
    ...answers.flatMap(([status, { content = {} }]) =>
      Object.entries(content).map(([type, media]) => [`${status} ${type}`, media] as const),
    ),
  ];
  return [
    ...(/^[A-Z].{3,60}[^.]$/.test(summary) ? [] : ['it has no summary']),
    ...(/\.$/.test(description) ? [] : ['it has no description']),
    ...parameters
      .map(resolved)
      .filter((one) => !(one.description ?? one.schema?.description))
      .map(({ name }) => `the parameter ${name} has no description`),
    ...bodies.filter(([, media]) => !hasExample(media)).map(([where]) => `${where} has no example`),
    ...answers.filter(([, answer]) => !answer.description).map(([status]) => `${status} has no description`),
    ...expectedStatuses(path, operation)
      .filter((status) => !responses[status])
      .map((status) => `${status} is missing`),
    ...answers
      .filter(([status]) => status >= '400')
      .flatMap(([status, answer]) => errorsAmiss(status, answer)),
  ];
}

test.each(API_VERSIONS)(
  'the document of %s says all that there is to say of each operation',
  async (version) => {
    const { paths, components } = JSON.parse(await readFile(committed(version), 'utf8'));
    const resolved = (parameter: Parameter): Parameter =>
      components.parameters[parameter.$ref?.split('/').at(-1) ?? ''] ?? parameter;
    const operations = Object.entries<Record<string, Operation>>(paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({
        name: `${method.toUpperCase()} ${path}`,
        path,
        operation,
      })),
    );
    expect(operations.length).toBeGreaterThan(100);
    expect(
      operations.flatMap(({ name, path, operation }) =>
        amiss(path, operation, resolved).map((fault) => `${name}: ${fault}`),
      ),
    ).toEqual([]);
  },
);
