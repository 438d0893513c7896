import type { Embed, RowsQuery } from './ast.ts';

export const embedsOf = ({ select }: RowsQuery): Embed[] => select.filter((item) => item.kind === 'embed');

/** What `name` means among the embeds of a query: an alias, or else a relation that is embedded once. */
function embedsNamed(query: RowsQuery, name: string): Embed[] {
  const embeds = embedsOf(query);
  const byAlias = embeds.filter(({ alias }) => alias === name);
  return byAlias.length > 0 ? byAlias : embeds.filter(({ relation }) => relation === name);
}

/** The query that a path of names leads to; `fail` is told why it leads nowhere. */
export function findEmbed(
  top: RowsQuery,
  path: readonly string[],
  fail: (problem: string) => never,
): RowsQuery {
  let query = top;
  for (const name of path) {
    const [embed, ...others] = embedsNamed(query, name);
    if (!embed) return fail(`"${name}" is not embedded: select it as ${name}(…)`);
    if (others.length > 0)
      return fail(`"${name}" is embedded more than once: give each an alias and name that`);
    query = embed;
  }
  return query;
}
