import type { NativeRoute } from '@plinth/service';
import { FILTER, OFFSET, ORDER, PREFERENCES, query, SELECT } from '../rows/rows.document.ts';

const EXAMPLE = [{ id: 1, customer: 1, total: 12.5, status: 'open' }];

const LIMIT = query('limit', 'At most so many rows: an answer holds 10,000 at most.');

const SHAPING = [SELECT, FILTER, ORDER, LIMIT, OFFSET];

const ANSWER = {
  description: 'What the function returned: a value, a row, or a list of them',
  content: {
    'application/json': { schema: {}, example: EXAMPLE },
    'text/csv': { schema: { type: 'string' }, example: 'id,customer,total,status\r\n1,1,12.5,open\r\n' },
  },
} as const;

const OTHERS = {
  204: 'The function returns nothing.',
  206: 'A part of the list, where it was counted.',
} as const;

export const CALL: NativeRoute = {
  parameters: [...SHAPING, PREFERENCES],
  requestBody: {
    description: 'The arguments by their names, or any JSON for a function of one JSON parameter.',
    required: false,
    content: {
      'application/json': {
        schema: { type: 'object', additionalProperties: true },
        example: { customer: 1 },
      },
    },
  },
  answer: ANSWER,
  others: OTHERS,
};

export const READ: NativeRoute = {
  parameters: [
    {
      name: 'arguments',
      in: 'query',
      required: false,
      description: 'Any argument by its name: what has no operator before its value is one, `customer=1`.',
      style: 'form',
      explode: true,
      schema: { type: 'object', additionalProperties: { type: 'string' } },
    },
    ...SHAPING,
    PREFERENCES,
  ],
  answer: ANSWER,
  others: OTHERS,
};
