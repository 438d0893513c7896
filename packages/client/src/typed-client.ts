import type {
  AnyTRPCMutationProcedure,
  AnyTRPCQueryProcedure,
  AnyTRPCRouter,
  inferProcedureInput,
  inferTransformedProcedureOutput,
  TRPCRouterRecord,
} from '@trpc/server';
import type { CallOptions } from './call.ts';

/** `.query()` or `.mutate()`: takes what the router's input takes, gives what its output gives as JSON. */
type Resolver<
  Router extends AnyTRPCRouter,
  Procedure extends AnyTRPCQueryProcedure | AnyTRPCMutationProcedure,
> = (
  input: inferProcedureInput<Procedure>,
  options?: CallOptions,
) => Promise<inferTransformedProcedureOutput<Router, Procedure>>;

type RecordClient<Router extends AnyTRPCRouter, Routes extends TRPCRouterRecord> = {
  readonly [Name in keyof Routes]: Routes[Name] extends AnyTRPCQueryProcedure
    ? { query: Resolver<Router, Routes[Name]> }
    : Routes[Name] extends AnyTRPCMutationProcedure
      ? { mutate: Resolver<Router, Routes[Name]> }
      : Routes[Name] extends TRPCRouterRecord
        ? RecordClient<Router, Routes[Name]>
        : never;
};

/** The procedures of every service in a table of routers. */
export type Client<Table> = {
  readonly [Service in keyof Table]: Table[Service] extends AnyTRPCRouter
    ? RecordClient<Table[Service], Table[Service]['_def']['record']>
    : never;
};
