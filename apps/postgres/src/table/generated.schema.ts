import { z } from 'zod';
import { identifier } from '../ddl/identifier.ts';
import { text } from '../ddl/literal.schema.ts';

// What a column can be made of: others of its row, by one of a few ways.

const MOST_COLUMNS = 20;
const LONGEST_SEPARATOR = 20;

const TEXT_SEARCH_CONFIGS = [
  'simple',
  'arabic',
  'armenian',
  'basque',
  'catalan',
  'danish',
  'dutch',
  'english',
  'finnish',
  'french',
  'german',
  'greek',
  'hindi',
  'hungarian',
  'indonesian',
  'irish',
  'italian',
  'lithuanian',
  'nepali',
  'norwegian',
  'portuguese',
  'romanian',
  'russian',
  'serbian',
  'spanish',
  'swedish',
  'tamil',
  'turkish',
  'yiddish',
] as const;

const columns = z
  .array(identifier)
  .min(1)
  .max(MOST_COLUMNS)
  .meta({ description: 'The columns that it is made of, in order.', example: ['title', 'body'] });
const column = identifier.meta({ description: 'The column that it is made of.', example: 'email' });
const as = <Way extends string>(...ways: [Way, ...Way[]]) =>
  z.enum(ways).meta({ description: 'How it is made.', example: ways[0] });

export const generated = z
  .discriminatedUnion('as', [
    z.strictObject({
      as: as('textSearch'),
      columns,
      config: z
        .enum(TEXT_SEARCH_CONFIGS)
        .meta({ description: 'The language of the texts; `simple` knows none.', example: 'english' }),
    }),
    z.strictObject({
      as: as('concat'),
      columns,
      separator: text
        .max(LONGEST_SEPARATOR)
        .optional()
        .meta({ description: 'What stands between them.', example: ' ' }),
    }),
    z.strictObject({ as: as('lower', 'upper'), column }),
    z.strictObject({ as: as('add', 'subtract', 'multiply'), columns: columns.min(2) }),
  ])
  .meta({
    description:
      'Made of other columns by the database, with every row: `textSearch` (of type `tsvector`), `concat`, `lower` and `upper` of texts, `add`, `subtract` and `multiply` of numbers. In texts, what is empty counts as nothing.',
    example: { as: 'textSearch', config: 'english', columns: ['title', 'body'] },
  });
export type Generated = z.output<typeof generated>;
