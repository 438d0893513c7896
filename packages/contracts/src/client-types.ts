/** All that the declarations of the installed client take from here: it comes without the rest. */
export type { ErrorCode, ErrorDetails, FieldError } from './errors.ts';
export type { Json } from './json.ts';
