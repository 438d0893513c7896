import { expect, test } from 'vitest';
import { PLAN_CAPABILITIES, PLAN_NAMES, planOf, plansWith, WORKSPACE_CAPABILITIES } from './plans.ts';

test('each plan holds all that the one before it holds, and more', () => {
  for (const [i, name] of PLAN_NAMES.entries()) {
    const before = PLAN_NAMES[i - 1];
    if (!before) continue;
    const [less, more] = [planOf(before), planOf(name)];
    expect(more.capabilities).toEqual(expect.arrayContaining([...less.capabilities]));
    expect(more.quotas.workspaces).toBeGreaterThan(less.quotas.workspaces);
    expect(more.rates.principal).toBeGreaterThan(less.rates.principal);
    expect(more.rates.tenant).toBeGreaterThan(less.rates.tenant);
  }
});

test('a tenant may always send what one of its principals may', () => {
  for (const name of PLAN_NAMES) {
    const { rates } = planOf(name);
    expect(rates.tenant).toBeGreaterThanOrEqual(rates.principal);
  }
});

test('every capability is part of a plan, and the largest has them all', () => {
  for (const capability of PLAN_CAPABILITIES) expect(plansWith(capability)).toContain('enterprise');
  expect(plansWith('auditExport')).toEqual(['enterprise']);
  expect(plansWith('postgres')).toEqual(PLAN_NAMES);
  expect(PLAN_CAPABILITIES).toEqual(expect.arrayContaining([...WORKSPACE_CAPABILITIES]));
});
