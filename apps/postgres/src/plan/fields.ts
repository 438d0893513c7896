import type { FieldPath } from '../request/ast.ts';
import type { Column } from '../schema-cache/schema.ts';
import { comparedType } from './identifiers.ts';
import { columnOf, findColumn, type Scope } from './scope.ts';
import { arrayLiteral, bind, type Sql, sql } from './sql.ts';

// A column, or a place within its JSON, as an expression and as what it can be compared with.

export interface Field {
  expression: Sql;
  /** What a value that it is compared with is cast to. */
  type: Sql;
  category: Column['category'];
  /** What its type follows from; of a place within JSON `text` or `jsonb`. */
  baseType: string;
  isNullable: boolean;
  /** The column itself, not a place within it. */
  column: Column | undefined;
}

const stepText = (step: FieldPath['steps'][number]): string =>
  'key' in step ? step.key : String(step.index);

/** The keys are one bound array, never SQL. What is no JSON is looked into as the JSON that it would be answered as. */
function placeWithin(column: Column, expression: Sql, { steps, isText }: FieldPath): Sql {
  const path = bind(arrayLiteral(steps.map(stepText)), sql`text[]`);
  const isJson = column.category === 'json';
  const document = isJson ? expression : sql`pg_catalog.to_jsonb(${expression})`;
  return isText
    ? sql`(${document} operator(pg_catalog.#>>) ${path})`
    : sql`(${document} operator(pg_catalog.#>) ${path})`;
}

/** As it is answered. */
export function selectedField(scope: Scope, path: FieldPath, parameter: string): Field {
  const column = findColumn(scope, path.column, parameter);
  const expression = columnOf(scope, column);
  if (path.steps.length > 0) {
    return {
      expression: placeWithin(column, expression, path),
      type: path.isText ? sql`text` : sql`jsonb`,
      category: path.isText ? 'text' : 'json',
      baseType: path.isText ? 'text' : 'jsonb',
      isNullable: true,
      column: undefined,
    };
  }
  const { category, baseType, isNullable } = column;
  return { expression, type: comparedType(column), category, baseType, isNullable, column };
}

/** As it is compared, ordered or grouped by: `json` has no equality, `jsonb` has. */
export function comparedField(scope: Scope, path: FieldPath, parameter: string): Field {
  const field = selectedField(scope, path, parameter);
  const column = scope.table.columns.get(path.column);
  const isPlainJson = field.category === 'json' && column?.baseType === 'json';
  return isPlainJson
    ? { ...field, expression: sql`${field.expression}::jsonb`, type: sql`jsonb`, baseType: 'jsonb' }
    : field;
}
