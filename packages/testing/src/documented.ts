import type { SuiteAnswer, SuiteRequest } from './example-requests.ts';

// Whatever a test is answered on a route has to stand in the document of its service: the status, and the code of an error. So each
// test of a service is one of its document too.

interface Answer {
  content?: Record<string, { examples?: Record<string, unknown> } | undefined>;
}

export interface ServedDocument {
  paths: Record<string, Record<string, { responses: Record<string, Answer> }>>;
}

const segmentsOf = (path: string): string[] => path.split('/');
const isParameter = (segment: string): boolean => segment.startsWith('{');

const fits = (template: readonly string[], path: readonly string[]): boolean =>
  template.length === path.length && template.every((one, i) => isParameter(one) || one === path[i]);

/** What the answer has that the document lacks; nothing of what is no route of it. */
export function undocumented(
  document: ServedDocument,
  { method, url }: SuiteRequest,
  { status, body }: SuiteAnswer,
): string | undefined {
  const segments = segmentsOf(url.split('?', 1)[0] ?? '');
  // Where two fit, the one with the fewest parameters is the route.
  const [path] = Object.keys(document.paths)
    .filter((template) => fits(segmentsOf(template), segments))
    .toSorted((a, b) => segmentsOf(a).filter(isParameter).length - segmentsOf(b).filter(isParameter).length);
  const operation = document.paths[path ?? '']?.[method === 'HEAD' ? 'get' : method.toLowerCase()];
  if (!operation) return undefined;
  const answer = operation.responses[status];
  if (!answer) return `${status}`;
  if (status < 400 || method === 'HEAD') return undefined;
  const { error } = body as { error: { code: string; details?: { code?: string } } };
  const code = error.details?.code ?? error.code;
  return code in (answer.content?.['application/json']?.examples ?? {}) ? undefined : `${status} ${code}`;
}
