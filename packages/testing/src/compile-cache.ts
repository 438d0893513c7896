const { NODE_COMPILE_CACHE } = process.env;

/** For the processes that a test gives their whole environment: where code that one of them compiled is kept for the next. */
export const compileCache: Record<string, string> = NODE_COMPILE_CACHE ? { NODE_COMPILE_CACHE } : {};
