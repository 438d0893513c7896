import { AppError } from '@plinth/contracts';

/** What a function throws, as its caller is told; any other end is the test's failure. */
export function refusalOf(run: () => unknown): Pick<AppError, 'code' | 'message' | 'details'> {
  try {
    run();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { code: error.code, message: error.message, details: error.details };
  }
  throw new Error('it was not refused');
}
