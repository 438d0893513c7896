import {
  capableTenantsInput,
  capableTenantsOutput,
  listMembershipsInput,
  listMembershipsOutput,
  locateAccessInput,
  locateAccessOutput,
  organizationInput,
  organizationOutput,
  ownsInput,
  ownsOutput,
  resolveAccessInput,
  resolveAccessOutput,
} from '@plinth/contracts';
import { internalProcedure, router } from '../procedure.ts';

/** Answers other services only. */
export const accessRouter = router({
  resolve: internalProcedure
    .meta({
      summary: 'Where a person stands in the scope of a request',
      permission: 'anonymous',
      callers: ['identity'],
    })
    .input(resolveAccessInput)
    .output(resolveAccessOutput)
    .mutation(({ ctx, input }) => ctx.access.resolve(input)),

  locate: internalProcedure
    .meta({
      summary: 'Where a tenant or workspace of an organization stands',
      permission: 'anonymous',
      callers: ['identity'],
    })
    .input(locateAccessInput)
    .output(locateAccessOutput)
    .query(({ ctx, input }) => ctx.access.locate(input)),

  capableTenants: internalProcedure
    .meta({
      summary: 'The tenants of an organization whose plan has a capability',
      permission: 'anonymous',
      callers: ['identity'],
    })
    .input(capableTenantsInput)
    .output(capableTenantsOutput)
    .query(({ ctx, input }) => ctx.access.capableTenants(input)),

  memberships: internalProcedure
    .meta({ summary: "A person's organizations", permission: 'anonymous', callers: ['identity'] })
    .input(listMembershipsInput)
    .output(listMembershipsOutput)
    .query(({ ctx, input }) => ctx.access.memberships(input)),

  organization: internalProcedure
    .meta({ summary: 'What an organization is called', permission: 'anonymous', callers: ['identity'] })
    .input(organizationInput)
    .output(organizationOutput)
    .query(({ ctx, input }) => ctx.access.organization(input)),

  owns: internalProcedure
    .meta({
      summary: 'Which tenants and workspaces are not of an organization',
      permission: 'anonymous',
      callers: ['identity'],
    })
    .input(ownsInput)
    .output(ownsOutput)
    .mutation(({ ctx, input }) => ctx.access.owns(input)),
});
