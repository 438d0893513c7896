import { z } from 'zod';

/** Where a caller stands with one limit, the request that asks included. */
export const rateStateSchema = z.object({
  policy: z.string(),
  quota: z.number().int(),
  windowSeconds: z.number().int(),
  remaining: z.number().int(),
  resetSeconds: z.number().int(),
});
export type RateState = z.infer<typeof rateStateSchema>;

const rateStates = z.array(rateStateSchema);

/** The value of the header by which the gateway, which counts, tells a service what it has counted. */
export const toRatesHeader = (states: readonly RateState[]): string => JSON.stringify(states);

/** Nothing where it was not told, or by somebody else. */
export function fromRatesHeader(value: string | undefined): readonly RateState[] | undefined {
  if (value === undefined) return undefined;
  try {
    return rateStates.safeParse(JSON.parse(value)).data;
  } catch {
    return undefined;
  }
}
