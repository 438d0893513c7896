// Compose's `${NAME:?why}` and `${NAME:-default}`, which is all that our file uses of its interpolation.

const PLACEHOLDER = /\$\$|\$\{([A-Z_]+)(?::([?-])([^}]*))?\}/g;

export interface Placeholder {
  name: string;
  /** What is told when it is missing. */
  required?: string;
  fallback?: string;
}

export function placeholdersIn(text: string): Placeholder[] {
  return [...text.matchAll(PLACEHOLDER)].flatMap(([, name, operator, words]) => {
    if (name === undefined) return [];
    if (words === undefined) return [{ name }];
    return [operator === '?' ? { name, required: words } : { name, fallback: words }];
  });
}

export function fillIn(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(PLACEHOLDER, (_, name?: string, operator?: string, words?: string) => {
    if (name === undefined) return '$';
    const value = values[name] || (operator === '-' ? words : undefined);
    if (value === undefined) throw new Error(`${name} has no value`);
    return value;
  });
}
