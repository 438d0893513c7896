/** What a change leaves in place of a field: null is a value, and takes it away. */
export const orElse = <T>(given: T | undefined, kept: T): T => (given === undefined ? kept : given);
