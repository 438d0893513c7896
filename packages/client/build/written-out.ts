// The types of an installed client cannot point into the apps. What is exported by no module has no name to be printed by,
// so the compiler prints each procedure's input and output in full.

type WrittenOut<Type> = Type extends (...args: never[]) => unknown
  ? Type
  : { readonly [Name in keyof Type]: WrittenOut<Type[Name]> };

export function writtenOut<Type>(value: Type): WrittenOut<Type>;
export function writtenOut(value: unknown): unknown {
  return value;
}
