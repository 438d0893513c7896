import type { AnswerColumn, Plan } from '../plan/plan.ts';
import type { Row } from '../query/one-sync.ts';

/** What the one row of a planned statement says, by name. */
export type Outcome = Readonly<Partial<Record<AnswerColumn, string | null>>>;

export function outcomeOf({ columns }: Pick<Plan, 'columns'>, row: Row | undefined): Outcome {
  const outcome: Partial<Record<AnswerColumn, string | null>> = {};
  columns.forEach((column, index) => {
    outcome[column] = row?.[index] ?? null;
  });
  return outcome;
}

export const numberIn = (text: string | null | undefined): number => Number(text ?? 0);
