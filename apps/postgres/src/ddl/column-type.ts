// The types that a column can have: a closed list. What is written into SQL is put together from it and from numbers.

type Parameters = 'none' | 'length' | 'precision' | 'fraction';

interface KnownType {
  sql: string;
  parameters: Parameters;
}

const known = (sql: string, parameters: Parameters = 'none'): KnownType => ({ sql, parameters });

const TYPES: ReadonlyMap<string, KnownType> = new Map(
  Object.entries({
    text: known('text'),
    varchar: known('varchar', 'length'),
    'character varying': known('varchar', 'length'),
    char: known('char', 'length'),
    character: known('char', 'length'),
    boolean: known('boolean'),
    bool: known('boolean'),
    smallint: known('smallint'),
    int2: known('smallint'),
    integer: known('integer'),
    int: known('integer'),
    int4: known('integer'),
    bigint: known('bigint'),
    int8: known('bigint'),
    numeric: known('numeric', 'precision'),
    decimal: known('numeric', 'precision'),
    real: known('real'),
    float4: known('real'),
    'double precision': known('double precision'),
    float8: known('double precision'),
    date: known('date'),
    time: known('time', 'fraction'),
    'time without time zone': known('time'),
    timestamp: known('timestamp', 'fraction'),
    'timestamp without time zone': known('timestamp'),
    timestamptz: known('timestamptz', 'fraction'),
    'timestamp with time zone': known('timestamptz'),
    interval: known('interval'),
    uuid: known('uuid'),
    json: known('json'),
    jsonb: known('jsonb'),
    bytea: known('bytea'),
    inet: known('inet'),
    cidr: known('cidr'),
    macaddr: known('macaddr'),
    tsvector: known('tsvector'),
    int4range: known('int4range'),
    int8range: known('int8range'),
    numrange: known('numrange'),
    tsrange: known('tsrange'),
    tstzrange: known('tstzrange'),
    daterange: known('daterange'),
    point: known('point'),
  }),
);

export const COLUMN_TYPES: readonly string[] = [...TYPES.keys()];

const FORM = /^([a-z][a-z0-9]*(?: [a-z]+)*) ?(?:\( ?(\d{1,8}) ?(?:, ?(\d{1,4}) ?)?\))? ?((?:\[\])?)$/;
const LONGEST = 10_485_760;
const MOST_DIGITS = 1_000;
const MOST_FRACTION_DIGITS = 6;

function isWithin(parameters: Parameters, first: number | undefined, second: number | undefined): boolean {
  if (first === undefined) return true;
  if (parameters === 'precision')
    return first >= 1 && first <= MOST_DIGITS && (second === undefined || second <= first);
  if (second !== undefined) return false;
  if (parameters === 'length') return first >= 1 && first <= LONGEST;
  return parameters === 'fraction' && first <= MOST_FRACTION_DIGITS;
}

const numberIn = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Number(text);

/** As it is written into SQL, or nothing for what is no such type. */
export function columnTypeOf(text: string): string | undefined {
  const [, name = '', first, second, brackets = ''] =
    FORM.exec(text.trim().toLowerCase().replace(/ +/g, ' ')) ?? [];
  const type = TYPES.get(name);
  const numbers = [numberIn(first), numberIn(second)] as const;
  if (!type || !isWithin(type.parameters, ...numbers)) return undefined;
  const given = numbers.filter((number) => number !== undefined);
  return `${type.sql}${given.length > 0 ? `(${given.join(', ')})` : ''}${brackets}`;
}
