import {
  type Call,
  type Caller,
  ORGANIZATION_LIMITS,
  PLAN_CAPABILITIES,
  planOf,
  plansWith,
} from '@plinth/contracts';
import { limitsOf } from '../passport/limits.ts';
import type { Limits } from './limits.schema.ts';

/** Only the gateway knows what is left: it has just counted this request. Where none is before us, nothing is counted. */
function ratesOf({ caller, rates }: Call): Limits['rates'] {
  const uncounted = () =>
    limitsOf(caller).map(({ policy, quota, windowSeconds }) => ({
      policy,
      quota,
      windowSeconds,
      remaining: null,
      resetSeconds: null,
    }));
  return rates ? [...rates] : uncounted();
}

function quotasOf({ organizationId, plan }: Caller): Limits['quotas'] {
  return [
    ...(organizationId === undefined
      ? []
      : [{ name: 'tenants', limit: ORGANIZATION_LIMITS.tenants, of: 'organization' } as const]),
    ...(plan === undefined
      ? []
      : [{ name: 'workspaces', limit: planOf(plan).quotas.workspaces, of: 'tenant' } as const]),
  ];
}

function capabilitiesOf({ plan }: Caller): Limits['capabilities'] {
  if (plan === undefined) return [];
  const included = planOf(plan).capabilities;
  return PLAN_CAPABILITIES.map((name) => ({
    name,
    isIncluded: included.includes(name),
    plansWithIt: plansWith(name),
  }));
}

export function limitsFor(call: Call): Limits {
  return {
    plan: call.caller.plan ?? null,
    rates: ratesOf(call),
    quotas: quotasOf(call.caller),
    capabilities: capabilitiesOf(call.caller),
  };
}
