// JSON.parse keeps the last of two members of one name; another parser keeps the first. A text that the two would read
// differently is refused.

const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

function hasDuplicateMember(text: string): boolean {
  const open: Array<Set<unknown>> = [];
  let string: string | undefined;
  for (const [token] of text.matchAll(TOKENS)) {
    if (token === '{' || token === '[') open.push(new Set());
    else if (token === '}' || token === ']') open.pop();
    else if (token === ':' && string !== undefined) {
      const names = open.at(-1);
      const name: unknown = JSON.parse(string);
      if (names?.has(name)) return true;
      names?.add(name);
    }
    string = token.startsWith('"') ? token : undefined;
  }
  return false;
}

export function parseStrictJson(bytes: Uint8Array): unknown {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  const value: unknown = JSON.parse(text);
  if (hasDuplicateMember(text)) throw new SyntaxError('a member is named twice');
  return value;
}
