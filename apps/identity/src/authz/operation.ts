import type { ServiceName } from '@plinth/contracts';
import type { AccessRules, Place } from '@plinth/service';

/** What is known here of a procedure of any service. */
export interface Operation extends AccessRules {
  service: ServiceName;
  /** The places that its input can name. */
  takes: readonly ('tenantId' | 'workspaceId')[];
  /** As `GET /v1/tenants/{tenantId}`. */
  routes: readonly string[];
}

/** A path of a real request, or a route as the document writes it. */
export interface AskedRoute {
  method: string;
  path: string;
}

/** Where a path leads. */
export interface Where extends Place {
  readonly organizationId?: string | undefined;
}

interface Found {
  name: string;
  place: Where;
}

const PARAMETER = /^\{(\w+)\}$/;
const segmentsOf = (path: string): string[] => (path.split('?')[0] ?? '').split('/');
const parameterOf = (segment: string): string | undefined => PARAMETER.exec(segment)?.[1];

/** The pairs of parameter and value, where the path is one of the route. */
function parametersIn(
  route: string,
  { method, path }: AskedRoute,
): (readonly [string, string])[] | undefined {
  const [routeMethod, template = ''] = route.split(' ');
  const wanted = segmentsOf(template);
  const given = segmentsOf(path);
  const fits = (segment: string, i: number) =>
    parameterOf(segment) === undefined ? segment === given[i] : given[i] !== '';
  if (routeMethod !== method || wanted.length !== given.length || !wanted.every(fits)) return undefined;
  return wanted.flatMap((segment, i) => {
    const name = parameterOf(segment);
    return name === undefined ? [] : [[name, given[i] ?? ''] as const];
  });
}

function whereOf(parameters: readonly (readonly [string, string])[]): Where {
  // The parameter itself, as the document writes it, names nothing.
  const values = new Map(parameters.filter(([, value]) => parameterOf(value) === undefined));
  return {
    organizationId: values.get('org_id'),
    tenantId: values.get('tenantId') ?? values.get('tenant_id'),
    workspaceId: values.get('workspaceId') ?? values.get('workspace_id'),
  };
}

/** The most literal of the routes that fit: `/v1/api-keys/report` is no key. */
export function findRoute(
  operations: Readonly<Record<string, Operation>>,
  asked: AskedRoute,
): Found | undefined {
  const matches = Object.entries(operations).flatMap(([name, { routes }]) =>
    routes.flatMap((route) => {
      const parameters = parametersIn(route, asked);
      return parameters ? [{ name, parameters }] : [];
    }),
  );
  const [best] = matches.sort((a, b) => a.parameters.length - b.parameters.length);
  return best && { name: best.name, place: whereOf(best.parameters) };
}
