import fc from 'fast-check';
import {
  AGGREGATES,
  COMPARISONS,
  type Condition,
  CONTAINMENTS,
  type Embed,
  type FieldPath,
  IS_VALUES,
  type OrderTerm,
  type RowsUrl,
  type SelectItem,
  type Test,
  TEXT_SEARCHES,
} from '../request/ast.ts';

// Everything that can be asked of rows, within the limits. Where it stands in a request is left out: `at` is the same everywhere.

const text = fc
  .string({ unit: 'binary', maxLength: 12 })
  .filter((value) => !value.includes('\0') && value.isWellFormed());
const anyName = fc
  .oneof(
    text,
    fc.constantFrom('not', 'and', 'or', 'order', 'limit', 'count', '__proto__', 'eq', 'inner', '*', ' '),
  )
  .filter((name) => name !== '' && Buffer.byteLength(name) <= 63);
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const cast = optional(anyName);
const aggregate = fc.constantFrom(...AGGREGATES);

const field: fc.Arbitrary<FieldPath> = fc
  .record({
    column: anyName,
    steps: fc.array(
      fc.oneof(
        text.map((key) => ({ key })),
        fc.integer({ min: 1 - 2 ** 31, max: 2 ** 31 - 1 }).map((index) => ({ index })),
      ),
      { maxLength: 4 },
    ),
    isText: fc.boolean(),
  })
  .map((path) => ({ ...path, isText: path.isText && path.steps.length > 0 }));

const test: fc.Arbitrary<Test> = fc.oneof(
  fc.record({ operator: fc.constantFrom(...COMPARISONS), value: text }),
  fc.record({
    operator: fc.constantFrom(...COMPARISONS).filter((name) => name !== 'neq' && name !== 'isdistinct'),
    quantified: fc.constantFrom('any', 'all'),
    values: fc.array(text, { maxLength: 4 }),
  }),
  fc.record({ operator: fc.constantFrom(...CONTAINMENTS), value: text }),
  fc.record({ operator: fc.constantFrom(...TEXT_SEARCHES), value: text, config: optional(anyName) }),
  fc.record({ operator: fc.constant('is'), value: fc.constantFrom(...IS_VALUES) }),
  fc.record({ operator: fc.constant('in'), values: fc.array(text, { maxLength: 4 }) }),
);

export const NOWHERE = { parameter: '', offset: 0 };
const isNegated = fc.boolean();
const at = fc.constant(NOWHERE);

const having: fc.Arbitrary<Condition> = fc
  .record({ kind: fc.constant('having'), isNegated, aggregate, field: optional(field), test, at })
  .map((one) => (one.field ? one : { ...one, aggregate: 'count' }));
const filter: fc.Arbitrary<Condition> = fc.record({ kind: fc.constant('test'), isNegated, field, test, at });

const treeOf = (leaf: fc.Arbitrary<Condition>) =>
  fc.letrec<{ tree: Condition }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small', maxDepth: 4 },
      leaf,
      fc.record({
        kind: fc.constantFrom('and', 'or'),
        isNegated,
        conditions: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }),
      }),
    ),
  })).tree;

const orderTerm: fc.Arbitrary<OrderTerm> = fc
  .record({
    field: optional(field),
    relation: optional(anyName),
    aggregate: optional(aggregate),
    direction: fc.constantFrom('asc', 'desc'),
    nulls: fc.constantFrom(undefined, 'first', 'last'),
    at,
  })
  .map((term) => {
    if (!term.field) return { ...term, aggregate: 'count', relation: undefined };
    return term.relation === undefined ? term : { ...term, aggregate: undefined };
  });

const number = optional(fc.integer({ min: 0, max: 10 ** 12 }));
const asked = {
  where: fc.array(fc.oneof(treeOf(filter), having), { maxLength: 3 }),
  order: fc.array(orderTerm, { maxLength: 3 }),
  limit: number,
  offset: number,
};

/** A query finds an embed by its name: each has one of its own. */
function isNamedOnce(select: readonly SelectItem[]): boolean {
  const embeds = select.filter((item) => item.kind === 'embed');
  const names = embeds.flatMap(({ alias, relation }) => [...new Set([alias ?? relation, relation])]);
  return new Set(names).size === names.length;
}

const column: fc.Arbitrary<SelectItem> = fc.oneof(
  fc.record({ kind: fc.constant('all') }),
  fc.record({ kind: fc.constant('count'), alias: optional(anyName), cast }),
  fc.record({
    kind: fc.constant('field'),
    field,
    alias: optional(anyName),
    cast,
    aggregate: optional(fc.record({ name: aggregate, cast })),
  }),
);

function selectWith(depth: number): fc.Arbitrary<SelectItem[]> {
  if (depth === 0) return fc.array(column, { maxLength: 2 });
  const embed: fc.Arbitrary<Embed> = fc
    .record({
      kind: fc.constant('embed'),
      relation: anyName,
      hint: optional(anyName),
      alias: optional(anyName),
      join: fc.constantFrom('left', 'inner'),
      isSpread: fc.boolean(),
      select: selectWith(depth - 1),
      ...asked,
    })
    .map((one) => (one.isSpread ? { ...one, alias: undefined } : one));
  return fc
    .tuple(fc.array(column, { maxLength: 2 }), fc.array(embed, { maxLength: 2 }))
    .map(([columns, embeds]) => [...columns, ...embeds])
    .filter(isNamedOnce);
}

const names = optional(fc.uniqueArray(anyName, { minLength: 1, maxLength: 3 }));

export const anyRowsUrl: fc.Arbitrary<RowsUrl> = fc.record({
  select: selectWith(2),
  ...asked,
  columns: names,
  onConflict: names,
  on: names,
  cursor: optional(fc.base64String().map((value) => value.replace(/[+/=]/g, '-'))),
});
