import { z } from 'zod';

// Every place of an input where something wrong can stand, however deep, with something wrong in it: of another type, and of the
// right type but out of bounds. What the schema would take there is no mistake, so a place that takes anything has none.

export interface WrongInput {
  /** What is wrong, as `columns.0.name = 7`. */
  name: string;
  /** The field of the input that it is in. */
  field: string;
  /** What an answer has to name at least: the place itself, or the union that it is an option in. */
  named: string;
  input: Record<string, unknown>;
}

interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  type?: string | string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  const?: unknown;
}

interface Place {
  schema: Schema;
  path: readonly (string | number)[];
  /** How much of the path lies outside of every union. */
  certain: number;
  isInUnion: boolean;
  /** The whole input, with this value in the place. */
  holding(value: unknown): unknown;
}

const MOST_DEEP = 9;

const WRONG: readonly unknown[] = [
  ...[{ strange: 1 }, [[]], 'no such thing', 7.5, true, null],
  ...['', 'x'.repeat(300), '-', -1, 1e9, []],
];

/** What tells one option of a union from another has to be right for the rest to be looked at. */
const constants = (properties: Record<string, Schema>): object =>
  Object.fromEntries(
    Object.entries(properties).flatMap(([key, schema]) => ('const' in schema ? [[key, schema.const]] : [])),
  );

function placesIn(root: Schema): Place[] {
  const resolved = (schema: Schema): Schema =>
    schema.$ref ? (root.$defs?.[schema.$ref.split('/').at(-1) ?? ''] ?? {}) : schema;

  function within({ schema: given, path, certain, isInUnion, holding }: Place): Place[] {
    const { properties, items, anyOf, oneOf } = resolved(given);
    if (path.length > MOST_DEEP) return [];
    const options = anyOf ?? oneOf ?? [];
    if (options.length > 0) {
      return options.flatMap((schema) => within({ schema, path, certain, isInUnion: true, holding }));
    }
    const inner: Place[] = [
      ...Object.entries(properties ?? {}).map(([key, schema]) => ({
        schema,
        path: [...path, key],
        certain: isInUnion ? certain : path.length + 1,
        isInUnion,
        holding: (value: unknown) => holding({ ...constants(properties ?? {}), [key]: value }),
      })),
      ...(items
        ? [
            {
              schema: items,
              path: [...path, 0],
              certain: isInUnion ? certain : path.length + 1,
              isInUnion,
              holding: (value: unknown) => holding([value]),
            },
          ]
        : []),
    ];
    return inner.flatMap((place) => [place, ...within(place)]);
  }
  return within({ schema: root, path: [], certain: 0, isInUnion: false, holding: (value) => value });
}

const isAt = (path: readonly PropertyKey[], place: readonly PropertyKey[]): boolean =>
  place.every((segment, i) => String(path[i]) === String(segment));

/** Two for each place: the first of another type, and the first of its own that is refused. */
export function wrongInputsOf(schema: z.ZodObject): WrongInput[] {
  const root = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema;
  return placesIn(root).flatMap((place) => {
    const certain = place.path.slice(0, place.certain);
    const wrong = WRONG.filter((value) =>
      schema.safeParse(place.holding(value)).error?.issues.some(({ path }) => isAt(path, certain)),
    );
    const kinds = Map.groupBy(wrong, (value) => typeof value);
    return [...kinds.values()].slice(0, 2).map(([value]) => ({
      name: `${place.path.join('.')} = ${JSON.stringify(value)?.slice(0, 20)}`,
      field: String(place.path[0]),
      named: certain.join('.'),
      input: place.holding(value) as Record<string, unknown>,
    }));
  });
}

const TEXTS = ['no such thing', 'x'.repeat(300), '-1'];

/** For each field that a URL gives a text which it cannot stand for; free text has none. */
export function wrongTextsOf(schema: z.ZodObject): Record<string, string> {
  const isRefused = (field: string, text: string) =>
    [text, Number(text)].every((value) =>
      schema.safeParse({ [field]: value }).error?.issues.some(({ path }) => path[0] === field),
    );
  return Object.fromEntries(
    Object.keys(schema.shape).flatMap((field) => {
      const text = TEXTS.find((one) => isRefused(field, one));
      return text === undefined ? [] : [[field, text]];
    }),
  );
}
