import { AppError } from '@plinth/contracts';
import { LIMITS, tooComplex } from './limits.ts';
import { shown } from './scanner.ts';

// The query string as it was sent: its parameters in their order, each as often as it is there.

export interface Parameter {
  name: string;
  value: string;
}

const NEEDS_DECODING = /[%+]/;
const RAW = /[^\x20-\x7e]/;

const invalid = (parameter: string, problem: string): AppError =>
  new AppError('INVALID_FILTER', {
    message: `${shown(parameter)}: ${problem}`,
    details: { parameter: shown(parameter) },
  });

/** `+` is a space, as forms write it. */
function decode(text: string, parameter: string): string {
  if (RAW.test(text)) throw invalid('query', 'characters beyond ASCII are to be percent-encoded');
  if (!NEEDS_DECODING.test(text)) return text;
  let decoded: string;
  try {
    decoded = decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw invalid(parameter, 'is not UTF-8 in percent-encoding');
  }
  if (decoded.includes('\0')) throw invalid(parameter, 'U+0000 can be in no name and no value');
  return decoded;
}

function* parts(query: string): Generator<string> {
  let start = query.startsWith('?') ? 1 : 0;
  while (start < query.length) {
    const next = query.indexOf('&', start);
    const end = next === -1 ? query.length : next;
    if (end > start) yield query.slice(start, end);
    start = end + 1;
  }
}

export function parseQueryString(query: string): Parameter[] {
  const parameters: Parameter[] = [];
  for (const part of parts(query)) {
    if (parameters.length === LIMITS.parameters) throw tooComplex('parameters');
    if (part.length > 3 * LIMITS.parameterLength) throw tooComplex('parameterLength');
    const equals = part.indexOf('=');
    const rawName = equals === -1 ? part : part.slice(0, equals);
    const name = decode(rawName, rawName);
    const value = equals === -1 ? '' : decode(part.slice(equals + 1), name);
    if (name.length + value.length > LIMITS.parameterLength) throw tooComplex('parameterLength');
    parameters.push({ name, value });
  }
  return parameters;
}
