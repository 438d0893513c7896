/** A page that people write, with the part between two marks made from code. */
export function withMadePart(page: string, begin: string, end: string, made: string): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the page has lost its marks ${begin} and ${end}`);
  return `${page.slice(0, from)}${begin}\n\n${made}\n\n${page.slice(to)}`;
}

export const cell = (text: string): string => text.replaceAll('|', '\\|');
