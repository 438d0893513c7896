import { createLeastUsed, type LeastUsed } from '../least-used.ts';
import type { Standing } from '../placement/place.ts';
import { COMPARISONS, type Condition, type RowsQuery, type ValueTest } from '../request/ast.ts';
import { createPace, type Pace } from '../query/pace.ts';
import type { WorkspaceSchema } from '../schema-cache/schema.ts';
import { planRead, type ReadPlan, type ReadRequest } from './read.ts';
import type { Hole } from './sql.ts';

// An application asks the same few things again and again, of other rows each time. What it comes to is planned once for each shape
// and schema; after that only the values are put in.

export interface ShapedRead extends ReadRequest {
  /** Whose rights those of the request are. */
  standing: Standing;
}

export interface ShapedPlan extends ReadPlan {
  /** Of its shape, where that is known again. */
  pace: Pace | undefined;
}

/** As `planRead`. */
export type PlanShaped = (request: ShapedRead) => ShapedPlan;

interface Shape {
  /** Without the values that are put in. */
  plan: ReadPlan;
  fills: readonly Fill[];
  pace: Pace;
}

/** Which value of the statement is of which test, each counted through, and what it is made of it. */
interface Fill {
  value: number;
  test: number;
  textOf: Hole['textOf'];
}

const MAX_SHAPES = 100;
const MAX_TEXT = 8_192;

type Tested = Extract<Condition, { kind: 'test' }> & { test: ValueTest };

const COMPARED: ReadonlySet<string> = new Set(COMPARISONS);

const isTested = (condition: Condition): condition is Tested =>
  condition.kind === 'test' &&
  COMPARED.has(condition.test.operator) &&
  !('quantified' in condition.test && condition.test.quantified !== undefined);

const fieldKey = ({ field }: Tested): string =>
  JSON.stringify(field.steps.length === 0 ? field.column : field);

const conditionKey = (condition: Condition): string =>
  isTested(condition)
    ? `${condition.isNegated ? 'not ' : ''}${condition.test.operator} ${fieldKey(condition)}`
    : JSON.stringify(condition);

/** Everything that a plan follows from but the values of its tests; what is not known to be one is written out. */
function keyOf(request: ShapedRead): string {
  const { table, query, preferences, shape, standing, page, hasNext, hasVersion, areNullsStripped } = request;
  const { select, where, order, limit, offset } = query;
  let key = `${standing} ${shape} ${preferences.count} ${preferences.numbers} ${page} ${hasNext} ${hasVersion} ${areNullsStripped}`;
  key += ` ${limit} ${offset}\n${JSON.stringify(table.name)}\n${JSON.stringify(select)}\n`;
  for (const condition of where) key += `${conditionKey(condition)}\n`;
  return order.length === 0 ? key : key + JSON.stringify(order);
}

const testsOf = ({ where }: RowsQuery): ValueTest[] => where.filter(isTested).map(({ test }) => test);

/** Undefined where a value went into the plan in a way that cannot be done again. */
function shapeOf(plan: ReadPlan, tests: readonly ValueTest[]): Shape | undefined {
  const { text, values, holes } = plan.statement;
  if (plan.estimate || text.length > MAX_TEXT) return undefined;
  const fills = holes.flatMap((hole, value): Fill[] => {
    const test = hole ? tests.indexOf(hole.test) : -1;
    return hole && test !== -1 ? [{ value, test, textOf: hole.textOf }] : [];
  });
  if (!tests.every((_, index) => fills.some(({ test }) => test === index))) return undefined;
  const kept = values.map((value, index) => (fills.some((fill) => fill.value === index) ? null : value));
  return { plan: { ...plan, statement: { text, values: kept, holes: [] } }, fills, pace: createPace() };
}

function filled({ plan, fills, pace }: Shape, tests: readonly ValueTest[]): ShapedPlan {
  const { text, values, holes } = plan.statement;
  const put = [...values];
  for (const { value, test, textOf } of fills) {
    const from = tests[test];
    if (from) put[value] = textOf(from);
  }
  return { ...plan, statement: { text, values: put, holes }, pace };
}

export function createShapes(): PlanShaped {
  const shapesOf = new WeakMap<WorkspaceSchema, LeastUsed<Shape>>();

  function shapesIn(schema: WorkspaceSchema): LeastUsed<Shape> {
    const known = shapesOf.get(schema);
    if (known) return known;
    const shapes = createLeastUsed<Shape>(MAX_SHAPES);
    shapesOf.set(schema, shapes);
    return shapes;
  }

  return (request) => {
    // Where a page begins within a null, it is asked for otherwise.
    if (Array.isArray(request.page)) return { ...planRead(request), pace: undefined };
    const shapes = shapesIn(request.schema);
    const key = keyOf(request);
    const tests = testsOf(request.query);
    const known = shapes.get(key);
    if (known) return filled(known, tests);
    const plan = planRead(request);
    const shape = shapeOf(plan, tests);
    if (shape) shapes.add(key, shape);
    return { ...plan, pace: shape?.pace };
  };
}
