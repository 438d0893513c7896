import { AppError, type ErrorDetails } from '@plinth/contracts';

/** What one request may ask. Beyond, it is refused before anything is looked up. */
export const LIMITS = {
  parameters: 200,
  parameterLength: 16_384,
  selectItems: 1_000,
  embeds: 10,
  embedDepth: 4,
  conditions: 100,
  logicDepth: 10,
  orderTerms: 32,
  jsonSteps: 16,
  listElements: 1_000,
  /** As many as a table of Postgres has at most. */
  columns: 1_600,
  /** Postgres cuts longer names off: they can name nothing. */
  nameBytes: 63,
  rows: 1_000,
  bodyBytes: 10 * 1024 * 1024,
  bodyDepth: 32,
} as const;

const MEANINGS: Record<keyof typeof LIMITS, string> = {
  parameters: 'query parameters',
  parameterLength: 'characters in a query parameter',
  selectItems: 'selected columns and relations',
  embeds: 'embedded relations',
  embedDepth: 'levels of embedded relations',
  conditions: 'conditions',
  logicDepth: 'levels of and and or',
  orderTerms: 'columns to order by',
  jsonSteps: 'steps into a JSON value',
  listElements: 'elements in a list',
  columns: 'columns',
  nameBytes: 'bytes in a name',
  rows: 'rows in a body',
  bodyBytes: 'bytes in a body',
  bodyDepth: 'levels in a body',
};

export const tooComplex = (limit: keyof typeof LIMITS, details: ErrorDetails = {}): AppError =>
  new AppError('TOO_COMPLEX', {
    message: `At most ${LIMITS[limit].toLocaleString('en')} ${MEANINGS[limit]} are allowed`,
    details: { limit, maximum: LIMITS[limit], ...details },
  });
