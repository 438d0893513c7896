/** What the issuer needs of a database; @plinth/database has it. */
export interface IssuerDatabase {
  query<Row extends Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}
