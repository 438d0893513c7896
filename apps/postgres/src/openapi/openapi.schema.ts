import { idSchema, json } from '@plinth/contracts';
import { z } from 'zod';

export const documentOf = z.strictObject({
  workspaceId: idSchema('workspace').meta({ description: 'The workspace.' }),
});

export const workspaceDocument = z.record(z.string(), json).meta({
  id: 'WorkspaceDocument',
  description: 'An OpenAPI 3.1 document of what a workspace holds for its caller.',
});
export type WorkspaceDocument = z.output<typeof workspaceDocument>;
