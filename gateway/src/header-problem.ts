import { API_VERSIONS, AppError, type ErrorCode, type FieldError } from '@plinth/contracts';

/** What is wrong with one header, and how it must look. */
export interface HeaderProblem {
  header: string;
  kind: 'required' | 'invalid';
  code: ErrorCode;
  form: string;
}

/** One answer for all of them, so that a caller mends everything at once. */
export function headerError(problems: readonly HeaderProblem[]): AppError {
  const fields: FieldError[] = problems.map(({ header, kind, form }) => ({
    path: header,
    code: kind,
    message: form,
  }));
  const named = problems.map(({ header, kind, form }) => `${header} is ${kind} (${form})`).join('; ');
  const namesVersion = problems.some(({ header }) => header === 'X-API-Version');
  const code = sharedCode(problems);
  return new AppError(code, {
    message: named,
    ...(code === 'IDEMPOTENCY_KEY_REQUIRED' && { headers: { link: '</docs>; rel="describedby"' } }),
    details: { fields, ...(namesVersion && { versions: API_VERSIONS }) },
  });
}

function sharedCode(problems: readonly HeaderProblem[]): ErrorCode {
  const [first, ...others] = problems;
  if (first && others.every(({ code }) => code === first.code)) return first.code;
  return problems.some(({ kind }) => kind === 'required') ? 'HEADER_REQUIRED' : 'HEADER_INVALID';
}
