import type { Call, CursorCodec, Page } from '@plinth/contracts';
import type { Workspaces } from '../rows/workspace.ts';
import type { DatabaseFunction } from '../schema-cache/schema.ts';
import type { ListFunctions, WorkspaceFunction } from './function.schema.ts';

// The functions that a caller may call, as the schema of the workspace has them.

interface ListDeps {
  workspaces: Workspaces;
  cursors: CursorCodec;
}

/** Of several of one name the types of the parameters tell which is which. */
const signatureOf = ({ name, parameters }: DatabaseFunction): string =>
  `${name}(${parameters.map(({ type }) => type).join()})`;

const shown = ({ name, comment, parameters, returns, volatility }: DatabaseFunction): WorkspaceFunction => ({
  name,
  comment: comment ?? null,
  parameters: [...parameters],
  returns: { type: returns.type, isList: returns.isSet, table: returns.table ?? null },
  volatility,
});

const compare = (one: string, other: string): number => (one < other ? -1 : 1);

export function createListFunctions({ workspaces, cursors }: ListDeps) {
  return async (call: Call, input: ListFunctions): Promise<Page<WorkspaceFunction>> => {
    const { workspaceId, cursor, limit } = input;
    const query = ['function.list', workspaceId];
    const [after = ''] = cursor === undefined ? [] : cursors.decode(query, cursor);
    const { plan: functions } = await workspaces.planWith(call, ({ schema, isExecutable }) =>
      [...schema.functions.values()].flat().filter(isExecutable),
    );
    const following = functions
      .map((one) => ({ one, signature: signatureOf(one) }))
      .filter(({ signature }) => signature > after)
      .sort((a, b) => compare(a.signature, b.signature));
    const page = following.slice(0, limit);
    const last = page.at(-1);
    const hasMore = following.length > page.length;
    return {
      data: page.map(({ one }) => shown(one)),
      pagination: { hasMore, nextCursor: hasMore && last ? cursors.encode(query, [last.signature]) : null },
    };
  };
}
