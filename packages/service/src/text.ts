import { type FieldError, validationError } from '@plinth/contracts';

// Text that JSON can write and Postgres cannot keep: U+0000, and half of a surrogate pair. Refused by name, wherever it
// is in an input; let through, the one would be a fault of ours and the other would be stored as another character.

const MESSAGE = 'must be Unicode text without U+0000';

const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed();

function collect(value: unknown, path: string, found: FieldError[]): void {
  if (typeof value === 'string') {
    if (!isStorable(value)) found.push({ path, code: 'invalid_text', message: MESSAGE });
    return;
  }
  if (value === null || typeof value !== 'object') return;
  for (const [key, item] of Object.entries(value)) {
    const inner = path === '' ? key : `${path}.${key}`;
    if (isStorable(key)) collect(item, inner, found);
    else found.push({ path: inner, code: 'invalid_text', message: MESSAGE });
  }
}

export function checkText(input: unknown): void {
  const found: FieldError[] = [];
  collect(input, '', found);
  if (found.length > 0) throw validationError(found);
}
