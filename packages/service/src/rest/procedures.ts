import type { AnyTRPCProcedure, AnyTRPCRouter } from '@trpc/server';
import { z } from 'zod';
import type { ProcedureMeta, RestRoute } from '../meta.ts';
import { isFirstLink } from '../procedure.ts';

/** A procedure as the REST adapter and the document see it. tRPC keeps these parts private, so they are read in one place. */
export interface ProcedureFacts {
  /** As `tenant.create`. */
  path: string;
  type: 'query' | 'mutation';
  meta: ProcedureMeta;
  input: z.ZodObject | undefined;
  output: z.ZodType | undefined;
  resolve: Resolve;
}

export type Resolve = (options: {
  ctx: object;
  input: unknown;
  signal: AbortSignal;
  path: string;
  type: ProcedureFacts['type'];
}) => unknown;

export interface RouteFacts extends ProcedureFacts {
  route: RestRoute;
}

interface PrivateDef {
  type: string;
  meta?: ProcedureMeta;
  inputs: unknown[];
  output?: unknown;
  middlewares: { _type?: string }[];
  resolver: Resolve;
}

/** REST runs a procedure without tRPC's chain, so there is nothing in it that only tRPC would run. */
function checkLinks(path: string, { middlewares }: PrivateDef): void {
  const known = ({ _type }: { _type?: string }) => _type === 'input' || _type === 'output';
  const [first, ...others] = middlewares.slice(0, -1);
  if (!first || !isFirstLink(first) || !others.every(known))
    throw new Error(`procedure ${path} has a middleware of its own, or is not of this kit`);
}

export function proceduresOf(router: AnyTRPCRouter): ProcedureFacts[] {
  const procedures: Record<string, AnyTRPCProcedure> = router._def.procedures;
  return Object.entries(procedures).map(([path, procedure]) => {
    const def = procedure._def as unknown as PrivateDef;
    const [input, second] = def.inputs;
    if (!def.meta) throw new Error(`procedure ${path} has no meta`);
    if (def.type !== 'query' && def.type !== 'mutation')
      throw new Error(`procedure ${path} is a ${def.type}`);
    if (second !== undefined) throw new Error(`procedure ${path} has two input schemas; give it one`);
    if (input !== undefined && !(input instanceof z.ZodObject)) {
      throw new Error(`the input of procedure ${path} must be one object schema`);
    }
    if (def.output !== undefined && !(def.output instanceof z.ZodType)) {
      throw new Error(`the output of procedure ${path} must be a zod schema`);
    }
    checkLinks(path, def);
    return { path, type: def.type, meta: def.meta, input, output: def.output, resolve: def.resolver };
  });
}

/** An answer that says how its secrets stand has secrets, whether its route thought of it or not. */
const hasSecrets = ({ output }: ProcedureFacts): boolean =>
  output instanceof z.ZodObject && 'secretState' in output.shape;

export const routesOf = (router: AnyTRPCRouter): RouteFacts[] =>
  proceduresOf(router).flatMap((facts) =>
    (facts.meta.rest ?? []).map((route) => ({
      ...facts,
      route: hasSecrets(facts) ? { ...route, noStore: true } : route,
    })),
  );

export const pathParametersOf = (path: string): string[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');

/** How the organization dialect calls the scope that its paths begin with. */
export const ORGANIZATION_PARAMETER = 'org_id';
