/** Something the person at the terminal can put right: shown as it is, without a stack. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}
