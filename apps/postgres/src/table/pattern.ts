import { ofField } from '../ddl/schema-change.ts';
import type { Run } from '../query/login-pools.ts';
import type { ColumnCheck } from './constraint.schema.ts';
import type { UpdateTable } from './table.schema.ts';

// A pattern is not read when a check is made, but when the first row comes: one that cannot be read would let none in.

const TRY = "select '' operator(pg_catalog.~) $1::text";

function patternIn({ operator, value }: ColumnCheck): string[] {
  return operator === 'matches' && typeof value === 'string' ? [value] : [];
}

export async function tryPatterns(
  run: Run,
  { columns = [], checks = [] }: { columns: UpdateTable['addColumns']; checks: UpdateTable['addChecks'] },
): Promise<void> {
  const ofColumns = columns.flatMap((column) => column.checks ?? []);
  const ofTable = checks
    .flatMap(({ conditions }) => conditions)
    .flatMap((one) => ('conditions' in one ? one.conditions : [one]));
  for (const pattern of [...ofColumns, ...ofTable].flatMap(patternIn)) {
    await run({ text: TRY, values: [pattern] }).catch((error: unknown) => {
      throw ofField(error, 'checks');
    });
  }
}
