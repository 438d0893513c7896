import type { Preferences } from '../request/ast.ts';

export type Operation = 'read' | 'insert' | 'upsert' | 'update' | 'delete' | 'call';

const WRITE = ['return', 'count', 'handling', 'isolation', 'numbers', 'tx', 'max-affected'];

const HONOURED: Record<Operation, ReadonlySet<string>> = {
  read: new Set(['count', 'handling', 'isolation', 'numbers']),
  insert: new Set([...WRITE, 'resolution', 'missing']),
  upsert: new Set([...WRITE, 'missing']),
  update: new Set([...WRITE, 'missing']),
  delete: new Set(WRITE),
  call: new Set(['count', 'handling', 'isolation', 'numbers', 'tx', 'max-affected']),
};

/** The `Preference-Applied` header: of the preferences that are understood, those that mean something to what was done. */
export function preferenceApplied({ applied }: Preferences, operation: Operation): string | undefined {
  const honoured = applied.filter((preference) => {
    const [name = ''] = preference.split('=', 1);
    return HONOURED[operation].has(name);
  });
  return honoured.length > 0 ? honoured.join(', ') : undefined;
}
