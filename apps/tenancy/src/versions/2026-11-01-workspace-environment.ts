import { eachResource, renamedField, type VersionChange } from '@plinth/service';

// The word type added nothing: the values are environments.

const environment = renamedField({ older: 'environmentType', newer: 'environment' });

const operations = [
  'workspace.create',
  'workspace.list',
  'workspace.get',
  'workspace.update',
  'workspace.remove',
  'workspace.undelete',
];

export const workspaceEnvironment: VersionChange = {
  date: '2026-11-01',
  operations,
  summary: 'What a workspace is used for is its `environment`; it was `environmentType`.',
  up: environment.renameKeys,
  down: (answer) => eachResource(answer, environment.renameKeys),
  downDetails: environment.renamePaths,
  patchDocument: (document) => environment.renameInDocument(document, { operations, schemas: ['Workspace'] }),
};
