/** A header as one text. Node joins a repeated one with commas, so a repeated one fits no form. */
export function oneHeader(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'object' ? value.join(', ') : value;
}
