import { idSchema } from '@plinth/contracts';
import { z } from 'zod';
import { identifier } from './identifier.ts';
import { text } from './literal.schema.ts';

// What changes of a schema have in common.

export const workspaceId = idSchema('workspace').meta({
  description: 'The workspace.',
  example: 'wks_01HV3C8F3K7Q2M5N9R4T6W8Y0Z',
});
export const tableName = identifier.meta({ description: 'The table.', example: 'note' });
export const columnName = identifier.meta({ description: 'The column.', example: 'title' });
export const dryRun = z
  .boolean()
  .default(false)
  .meta({ description: 'Whether to say what would be done, and do nothing of it.', example: false });
export const cascade = z.boolean().default(false).meta({
  description: 'Whether what depends on it goes too: foreign keys, views, policies.',
  example: false,
});

export const comment = text.nullable();
