/** The name of a table or function as that of a component: what these cannot hold is written as `.` its code `.`. */
export const componentName = (name: string): string =>
  name.replace(/[^\w-]/gu, (character) => `.${character.codePointAt(0)?.toString(16)}.`);

export const schemaRef = (name: string) => ({ $ref: `#/components/schemas/${name}` });
export const parameterRef = (name: string) => ({ $ref: `#/components/parameters/${name}` });
