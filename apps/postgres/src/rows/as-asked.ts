import { AppError } from '@plinth/contracts';
import { codeOf } from '@plinth/database';
import { NOT_AS_ASKED } from '../cluster/requests.ts';
import type { Recording } from '../plan/written.ts';
import type { Wanted } from './write.ts';

// Whether a change did what it was asked for: whatever did not is undone. A statement that records itself looks by itself how many
// rows it wrote, and refuses where these are not as many as it needs; why that is so is said here in any case.

type Asked = Pick<Wanted, 'change' | 'isOne' | 'ifMatch'>;

export const neededBy = ({ change, isOne, ifMatch }: Asked): Recording['needs'] => {
  if (isOne) return 'one';
  return change === 'upsert' || ifMatch ? 'some' : 'any';
};

/** A put row is there afterwards, unless its body is about another. */
function checkPut({ change, ifMatch }: Asked, affected: number): void {
  if (change !== 'upsert' || ifMatch || affected > 0) return;
  throw new AppError('INVALID_FILTER', { message: 'The body is to have the key that the URL names' });
}

/** Whoever named a version is told whether the row is another now, or gone. */
function checkVersion({ ifMatch }: Asked, affected: number, matched: number): void {
  if (!ifMatch || affected > 0) return;
  throw new AppError(matched > 0 ? 'PRECONDITION_FAILED' : 'ROW_NOT_FOUND');
}

function checkOne({ isOne }: Asked, affected: number): void {
  if (!isOne || affected === 1) return;
  throw new AppError(affected === 0 ? 'ROW_NOT_FOUND' : 'NOT_SINGULAR', { details: { rows: affected } });
}

export function checkOutcome(asked: Asked, affected: number, matched: number): void {
  checkPut(asked, affected);
  checkVersion(asked, affected, matched);
  checkOne(asked, affected);
}

/** What a statement says that refused by itself; a function of the workspace that raises the same passes. */
export function checkRefused(asked: Asked, error: unknown): void {
  if (!(error instanceof Error) || codeOf(error) !== NOT_AS_ASKED) return;
  const [, affected, matched] = /^(\d+) (\d+)$/.exec(error.message) ?? [];
  if (affected !== undefined) checkOutcome(asked, Number(affected), Number(matched));
}
