import type { RestDialect } from '@plinth/contracts';

export const capitalize = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** `tenant.create` is `tenantCreate`; the other dialects begin with their own name. */
export function operationIdOf(path: string, dialect: RestDialect): string {
  const words = [...(dialect === 'platform' ? [] : [dialect]), ...path.split('.')];
  return words.map((word, i) => (i === 0 ? word : capitalize(word))).join('');
}
