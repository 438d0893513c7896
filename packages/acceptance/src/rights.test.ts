import { expect, test } from 'vitest';
import { as } from './api.ts';

test('what is left of the limits is what the gateway has just counted', async () => {
  const { get } = await as('owner');
  for (const _ of [1, 2]) {
    const { status, body, headers } = await get('/v1/me/limits');
    expect(status).toBe(200);
    const said = body.rates.map(
      ({ policy, remaining, resetSeconds }: Record<string, unknown>) =>
        `"${policy}";r=${remaining};t=${resetSeconds}`,
    );
    expect(said).toHaveLength(2);
    expect(headers.get('ratelimit')).toBe(said.join(', '));
  }
});
