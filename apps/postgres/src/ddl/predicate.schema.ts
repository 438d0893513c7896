import { z } from 'zod';

// Conditions that hold all together or of which one has to, and in the place of each perhaps a group of them.

const MOST_CONDITIONS = 20;

const match = z
  .enum(['all', 'any'])
  .default('all')
  .meta({ description: 'Whether all of the conditions have to hold, or one of them.', example: 'all' });

export interface Group<Part> {
  match: z.output<typeof match>;
  conditions: readonly Part[];
}

export type PredicateOf<Condition> = Group<Condition | Group<Condition>>;

/** `least`: how many conditions there have to be. */
export function predicateShape<Condition extends z.ZodType>(
  condition: Condition,
  { least, description }: { least: number; description: string },
) {
  const some = z.array(condition).min(1).max(MOST_CONDITIONS);
  const group = z.strictObject({ match, conditions: some.meta({ description: 'The conditions.' }) });
  const conditions = z
    .array(z.union([condition, group]))
    .min(least)
    .max(MOST_CONDITIONS);
  return { match, conditions: conditions.meta({ description }) };
}
