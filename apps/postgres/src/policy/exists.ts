import { AppError, newUlid } from '@plinth/contracts';
import { inSchema, quoted } from '../ddl/identifier.ts';
import { compared, invalid, isAnyOf } from '../ddl/predicate.ts';
import type { PlannedStatement } from '../ddl/schema-change.ts';
import { type Place, roleName } from '../placement/place.ts';
import { columnNotFound } from '../table/column-not-found.ts';
import type { Hidable } from '../table/column.schema.ts';
import type { Table } from '../table/table.schema.ts';
import { EXISTS_VIEWS } from './policy.repo.ts';
import type { Exists, Join } from './policy.schema.ts';
import { conditionSql, isLookup } from './predicate.ts';

// That there is a row in another table. A policy asks as whoever asks for rows: of the other table it would see what the policies
// there let them see, and of its own table nothing ever, for Postgres would ask without end. So it asks a view of the owner's,
// which holds only those rows that the other conditions leave, and of these only the columns that are compared with the row. Like
// any query, the view becomes a part of the plan. Nobody is served it, for the API knows of no such view.

interface ExistsDeps {
  place: Place;
  /** Of the policy. */
  table: Table;
  to: readonly Hidable[];
  others: ReadonlyMap<string, Table>;
}

const isJoin = ({ row }: Join): boolean => row !== undefined;

/** Rows that belong to the caller are few: they are asked for once, and the rows of the policy's table found by an index. */
const isOfCaller = (one: Join): boolean =>
  !isJoin(one) && isLookup(one) && (one.uid ?? one.claim) !== undefined;

/** By which column, where it is the only one, the rows of the policy's table are found. */
export function lookupOf({ where }: Exists): Join | undefined {
  const [join, ...more] = where.filter(isJoin);
  return join?.operator === 'eq' && more.length === 0 && where.some(isOfCaller) ? join : undefined;
}

/** Of the other table: an index on one of these spares looking at all of its rows. */
export function searchedColumns(exists: Exists): string[] {
  const searched = exists.where.filter((one) => (lookupOf(exists) ? isOfCaller(one) : isLookup(one)));
  return [...new Set(searched.map(({ column }) => column))];
}

export function createExists({ place, table, to, others }: ExistsDeps) {
  const views: PlannedStatement[] = [];

  function columnOf(of: Table, name: string, field: string) {
    const column = of.columns.find((one) => one.name === name);
    if (!column) throw columnNotFound(of.name, name, field);
    return column;
  }

  function checkVisible(other: Table, where: readonly Join[], field: string): void {
    if (other.name === table.name) {
      throw new AppError('BUSINESS_RULE_VIOLATED', {
        message: `${field}.visible: whether a row of ${table.name} is visible cannot depend on which rows of it are; leave visible out, and all rows count`,
        details: { field: `${field}.visible`, table: table.name },
      });
    }
    for (const [i, { column }] of where.entries()) {
      const hidden = columnOf(other, column, `${field}.where.${i}.column`).hiddenFrom;
      const blind = to.find((standing) => hidden.includes(standing));
      if (blind)
        throw invalid(`${field}.where.${i}.column`, `is hidden from ${blind}, who would have to see it`);
    }
  }

  function makeView(text: string, field: string): string {
    const view = inSchema(place.schema, `${EXISTS_VIEWS}${newUlid().toLowerCase()}`);
    const roles = (standings: readonly ('member' | Hidable)[]) =>
      standings.map((standing) => quoted(roleName(place, standing))).join(', ');
    views.push(
      { text: `create view ${view} as ${text}`, field },
      { text: `revoke all on ${view} from ${roles(['member', 'key', 'user'])}`, field },
      { text: `grant select on ${view} to ${roles(to)}`, field },
    );
    return view;
  }

  return {
    views,

    sql(exists: Exists, field: string): string {
      const { table: name, where, visible = false } = exists;
      const other = others.get(name);
      if (!other) {
        throw new AppError('TABLE_NOT_FOUND', {
          message: `${field}.table: there is no table ${name}`,
          details: { table: name, field: `${field}.table` },
        });
      }
      if (visible) checkVisible(other, where, field);
      const fields = new Map(where.map((one, i) => [one, `${field}.where.${i}`]));
      const fieldOf = (one: Join): string => fields.get(one) ?? field;
      for (const one of where) columnOf(other, one.column, `${fieldOf(one)}.column`);

      const joins = where.filter(isJoin);
      const joined = [...new Set(joins.map(({ column }) => column))];
      const own = where
        .filter((one) => !isJoin(one))
        .map((one) => `(${conditionSql(other, one, fieldOf(one))})`);
      const on = inSchema(place.schema, other.name);
      const limited = own.length > 0 ? ` where ${own.join(' and ')}` : '';
      const listed = joined.map((column, i) => `${quoted(column)} as c${i}`).join(', ') || 'true as c0';
      // With their schema the columns of the row are nobody else's, whatever the other table calls its own.
      const ofRow = (one: Join): string => {
        const { row = '' } = one;
        columnOf(table, row, `${fieldOf(one)}.row`);
        return `${inSchema(place.schema, table.name)}.${quoted(row)}`;
      };
      const rows = visible
        ? `(select ${listed} from ${on}${limited})`
        : makeView(`select ${listed} from ${on}${limited}`, field);
      const lookup = lookupOf(exists);
      if (lookup) return isAnyOf(ofRow(lookup), `array(select o.c0 from ${rows} o)`);
      const matches = joins.map((one) => {
        const { column, operator: by } = one;
        if (by === 'in' || by === 'isNull' || by === 'isNotNull')
          throw invalid(`${fieldOf(one)}.operator`, 'does not compare two columns');
        return compared(`o.c${joined.indexOf(column)}`, by, ofRow(one));
      });
      return `exists (select from ${rows} o${matches.length > 0 ? ` where ${matches.join(' and ')}` : ''})`;
    },
  };
}
