import { AppError } from '@plinth/contracts';

export const columnNotFound = (table: string, name: string, field: string) =>
  new AppError('COLUMN_NOT_FOUND', {
    message: `${field}: the table ${table} has no column ${name}`,
    details: { table, column: name, field },
  });
