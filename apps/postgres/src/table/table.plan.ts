import { AppError } from '@plinth/contracts';
import { inSchema, listOf, quoted } from '../ddl/identifier.ts';
import { textOrNull } from '../ddl/literal.ts';
import { invalid } from '../ddl/predicate.ts';
import type { PlannedStatement } from '../ddl/schema-change.ts';
import type { Place, Standing } from '../placement/place.ts';
import { grantsOf, policyStatement } from './access.plan.ts';
import { addedOf, alterStatements, definitionOf, piecesOf, typed, typeOf } from './column.plan.ts';
import { columnNotFound } from './column-not-found.ts';
import {
  checkStatement,
  dropConstraintStatement,
  foreignKeyStatement,
  uniqueStatement,
  validateStatement,
} from './constraint.plan.ts';
import type { Constraint } from './constraint.schema.ts';
import type { Ruled } from './subject.ts';
import { type ColumnChange, HIDABLE, type Hidable } from './column.schema.ts';
import type { CreateTable, Table, UpdateTable } from './table.schema.ts';

// Which statements make a table what it is asked to be. Names are quoted, types, functions and actions are of closed lists,
// constants are quoted text: there is no expression of a caller's in any of them. What a statement is about is said with it.

const FIELDS = { checks: 'checks', uniques: 'uniques', foreignKeys: 'foreignKeys' };
const ADDED_FIELDS = { checks: 'addChecks', uniques: 'addUniques', foreignKeys: 'addForeignKeys' };

/** Keys come before what may refer to them. */
function constraintStatements(
  place: Place,
  table: Ruled,
  { uniques = [], checks = [], foreignKeys = [] }: Pick<CreateTable, 'checks' | 'uniques' | 'foreignKeys'>,
  fields = FIELDS,
): PlannedStatement[] {
  return [
    ...uniques.map((unique, i) => uniqueStatement(place, table, unique, `${fields.uniques}.${i}`)),
    ...checks.map((check, i) => checkStatement(place, table, check, `${fields.checks}.${i}`)),
    ...foreignKeys.map((key, i) => foreignKeyStatement(place, table, key, `${fields.foreignKeys}.${i}`)),
  ];
}

export function planCreateTable(
  place: Place,
  input: Omit<CreateTable, 'workspaceId' | 'dryRun'>,
): PlannedStatement[] {
  const { name, columns, comment, policiesFor, checks, uniques, foreignKeys } = input;
  const ruled = { name, columns: columns.map((column) => typed(place, column)) };
  const on = inSchema(place.schema, name);
  const primaryKey = columns.filter((column) => column.primaryKey).map((column) => column.name);
  const parts = [
    ...columns.map((column, index) => definitionOf(place, ruled, column, `columns.${index}`)),
    ...(primaryKey.length > 0 ? [`primary key (${listOf(primaryKey)})`] : []),
  ];
  const open: Standing[] = ['member', ...HIDABLE.filter((standing) => !policiesFor.includes(standing))];
  // Keys have a new table by themselves, end users what they are given of it.
  const isGranted = (standing: Hidable) =>
    standing === 'user' || columns.some(({ hiddenFrom }) => hiddenFrom.includes(standing));
  return [
    { text: `create table ${on} (${parts.join(', ')})`, field: 'name' },
    ...columns.flatMap((column, index) => piecesOf(place, ruled, column, `columns.${index}`)),
    ...constraintStatements(place, ruled, { checks, uniques, foreignKeys }),
    { text: `alter table ${on} enable row level security`, field: 'policiesFor' },
    ...open.map((standing) => policyStatement(place, name, standing, true)),
    ...HIDABLE.filter(isGranted).flatMap((standing) => grantsOf(place, name, standing, columns)),
    ...(comment == null
      ? []
      : [{ text: `comment on table ${on} is ${textOrNull(comment)}`, field: 'comment' }]),
  ];
}

type Update = Omit<UpdateTable, 'workspaceId' | 'table' | 'dryRun'>;

function columnsAfter(place: Place, before: Table, input: Update) {
  const { addColumns = [], alterColumns = [], dropColumns = [] } = input;
  const kept = before.columns.filter(({ name }) => !dropColumns.includes(name));
  const changed = kept.map(({ name, type, hiddenFrom }) => {
    const change = alterColumns.find((one) => one.name === name);
    return {
      name: change?.newName ?? name,
      type: change?.type === undefined ? type : typeOf(place, change.type),
      hiddenFrom: change?.hiddenFrom ?? hiddenFrom,
    };
  });
  const added = addColumns.map((column) => ({ ...typed(place, column), hiddenFrom: column.hiddenFrom }));
  return [...changed, ...added];
}

const withoutNewName = ({ newName: _, ...change }: ColumnChange): ColumnChange => change;

/** One that is there, and of which this can be asked. */
function constraintNamed(
  { name: table, constraints }: Table,
  name: string,
  field: string,
  kinds: readonly Constraint['kind'][],
): string {
  const found = constraints.find((one) => one.name === name);
  if (!found) {
    throw new AppError('NOT_FOUND', {
      message: `${field}: the table ${table} has no constraint ${name}`,
      details: { table, constraint: name, field },
    });
  }
  if (!kinds.includes(found.kind)) throw invalid(field, `is not for a ${found.kind}`);
  return name;
}

/**
 * What goes goes first, then columns change, and new ones come. Rules that come speak of the columns as they are called from then
 * on. The table's own name changes last of all.
 */
export function planUpdateTable(place: Place, before: Table, input: Update): PlannedStatement[] {
  const { name, comment, addColumns = [], alterColumns = [], dropColumns = [], policiesFor } = input;
  const { dropConstraints = [], validateConstraints = [] } = input;
  const { addChecks: checks, addUniques: uniques, addForeignKeys: foreignKeys } = input;
  const on = inSchema(place.schema, before.name);
  const after = columnsAfter(place, before, input);
  // Columns come before others are renamed.
  const ruled = {
    name: before.name,
    columns: [...columnsAfter(place, before, { ...input, alterColumns: alterColumns.map(withoutNewName) })],
  };
  const missing = dropColumns.findIndex((dropped) =>
    before.columns.every((column) => column.name !== dropped),
  );
  if (missing >= 0) throw columnNotFound(before.name, dropColumns[missing] ?? '', `dropColumns.${missing}`);
  const isHiding = (standing: Hidable) =>
    [...before.columns, ...after].some(({ hiddenFrom }) => hiddenFrom.includes(standing));
  const touchesColumns = [addColumns, alterColumns, dropColumns].some(({ length }) => length > 0);
  const regranted = touchesColumns ? HIDABLE.filter(isHiding) : [];
  return [
    ...dropConstraints.map((given, index) => {
      const field = `dropConstraints.${index}`;
      const dropped = constraintNamed(before, given, field, ['check', 'unique', 'foreignKey', 'exclusion']);
      return dropConstraintStatement(place, before.name, dropped, field);
    }),
    ...dropColumns.map((column, index) => ({
      text: `alter table ${on} drop column ${quoted(column)}`,
      field: `dropColumns.${index}`,
    })),
    ...alterColumns.flatMap((change, index) =>
      alterStatements(place, before, change, `alterColumns.${index}`),
    ),
    ...addColumns.flatMap((column, index) => {
      const field = `addColumns.${index}`;
      if (column.primaryKey)
        throw invalid(`${field}.primaryKey`, 'a table has its primary key from the start');
      return [
        // Its default first of all, for the rows that are there.
        {
          text: `alter table ${on} add column ${addedOf(place, ruled, column, field)}`,
          field: `${field}.name`,
        },
        ...piecesOf(place, ruled, { ...column, default: undefined }, field),
      ];
    }),
    ...alterColumns.flatMap((change, index) =>
      change.newName === undefined || change.newName === change.name
        ? []
        : [
            {
              text: `alter table ${on} rename column ${quoted(change.name)} to ${quoted(change.newName)}`,
              field: `alterColumns.${index}.newName`,
            },
          ],
    ),
    ...constraintStatements(
      place,
      { name: before.name, columns: after },
      { checks, uniques, foreignKeys },
      ADDED_FIELDS,
    ),
    ...validateConstraints.map((given, index) => {
      const field = `validateConstraints.${index}`;
      const validated = constraintNamed(before, given, field, ['check', 'foreignKey']);
      return validateStatement(place, before.name, validated, field);
    }),
    ...(policiesFor === undefined
      ? []
      : HIDABLE.filter(
          (standing) => policiesFor.includes(standing) !== before.policiesFor.includes(standing),
        ).map((standing) => policyStatement(place, before.name, standing, !policiesFor.includes(standing)))),
    ...regranted.flatMap((standing) => grantsOf(place, before.name, standing, after)),
    ...(comment === undefined
      ? []
      : [{ text: `comment on table ${on} is ${textOrNull(comment)}`, field: 'comment' }]),
    ...(name === undefined || name === before.name
      ? []
      : [{ text: `alter table ${on} rename to ${quoted(name)}`, field: 'name' }]),
  ];
}

export const planRemoveTable = (
  place: Place,
  table: string,
  { cascade }: { cascade: boolean },
): PlannedStatement[] => [
  { text: `drop table ${inSchema(place.schema, table)}${cascade ? ' cascade' : ''}`, field: 'table' },
];
