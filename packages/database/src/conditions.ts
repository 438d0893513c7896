type Condition = readonly [text: string | undefined, value?: unknown];

/** `and`s together the conditions that apply, numbering the parameters. One whose value is undefined does not apply. */
export function conditions(all: readonly Condition[]): { text: string; values: unknown[]; next: string } {
  const values: unknown[] = [];
  const texts: string[] = [];
  for (const [text, value] of all) {
    if (text === undefined) continue;
    if (!text.includes('?')) texts.push(text);
    else if (value !== undefined) texts.push(text.replaceAll('?', `$${values.push(value)}`));
  }
  return { text: texts.join(' and '), values, next: `$${values.length + 1}` };
}
