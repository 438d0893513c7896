/** What would make `npm test` long runs at its full size against the real systems, and smaller everywhere else. */
export const isFullSize = process.env.PLINTH_TEST_REAL === '1';
