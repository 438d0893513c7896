import { idSchema, type RestDialect } from '@plinth/contracts';
import { z } from 'zod';
import { ORGANIZATION_PARAMETER, pathParametersOf, type RouteFacts } from '../rest/procedures.ts';
import { toSnake } from '../rest/casing.ts';
import { snakeSchema } from './snake-schema.ts';

// The schemas of a procedure as one dialect shows them: its casing, its envelope, its scope in the path.

const organizationMeta = {
  request_id: z
    .string()
    .meta({ description: 'The correlation id of this request.', example: 'corr-7f3a9c21' }),
  timestamp: z.iso
    .datetime()
    .meta({ description: 'When the answer was made.', example: '2026-01-15T10:00:00.000Z' }),
};

function isPage(output: z.ZodType): output is z.ZodObject<{ data: z.ZodType; pagination: z.ZodObject }> {
  return output instanceof z.ZodObject && 'data' in output.shape && 'pagination' in output.shape;
}

const organizationEnvelope = (output: z.ZodType): z.ZodType =>
  isPage(output)
    ? z.object({
        data: snakeSchema(output.shape.data),
        meta: z.object({
          ...organizationMeta,
          cursor: z.string().optional().meta({ description: 'Give it as `cursor` for the next page.' }),
          has_more: z.boolean().meta({ description: 'Whether there is a next page.', example: false }),
        }),
      })
    : z.object({ data: snakeSchema(output), meta: z.object(organizationMeta) });

function deploymentsEnvelope(output: z.ZodType): z.ZodType {
  const recased = snakeSchema(output);
  if (!(recased instanceof z.ZodObject) || !('pagination' in recased.shape))
    return z.object({ data: recased });
  const { pagination, ...data } = recased.shape;
  return z.object({ data: z.object(data), pagination });
}

const ENVELOPES: Record<RestDialect, (output: z.ZodType) => z.ZodType> = {
  platform: (output) => output,
  organization: organizationEnvelope,
  deployments: deploymentsEnvelope,
};

export function outputIn(dialect: RestDialect, output: z.ZodType | undefined): z.ZodType {
  return ENVELOPES[dialect](output ?? z.void());
}

/** What is said of an optional field is said of what it holds as well: the document's parameters look through `optional`. */
function describedWithin(field: z.ZodType): z.ZodType {
  const meta = z.globalRegistry.get(field);
  if (!meta || !(field instanceof z.ZodOptional)) return field;
  const inner = field.unwrap();
  return inner instanceof z.ZodType ? inner.meta(meta).optional() : field;
}

/** Of a native route the path alone is fields. */
function inPath(path: string, fields: Record<string, z.core.$ZodType>): Record<string, z.core.$ZodType> {
  const parameters = pathParametersOf(path);
  return Object.fromEntries(Object.entries(fields).filter(([name]) => parameters.includes(name)));
}

/** Without `ifMatch`, which REST takes from a header; with the organization, where the path begins with it. */
export function inputIn({ route, input }: Pick<RouteFacts, 'route' | 'input'>): z.ZodObject {
  const { ifMatch: _, ...all } = input?.shape ?? {};
  const fields = route.native ? inPath(route.path, all) : all;
  const isSnake = route.dialect !== 'platform';
  const shape = Object.fromEntries(
    Object.entries(fields).map(([key, field]) =>
      isSnake ? [toSnake(key), describedWithin(snakeSchema(field))] : [key, describedWithin(field)],
    ),
  ) as Record<string, z.ZodType>;
  const scope = route.path.includes(`{${ORGANIZATION_PARAMETER}}`)
    ? { [ORGANIZATION_PARAMETER]: idSchema('organization').meta({ description: 'The organization.' }) }
    : {};
  const whole = z.strictObject({ ...scope, ...shape });
  const description = input && z.globalRegistry.get(input)?.description;
  return description ? whole.meta({ description }) : whole;
}
