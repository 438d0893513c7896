import { z } from 'zod';
import { toSnake } from '../rest/casing.ts';

// The same schema as the snake_case dialects write it, for the document: the wire itself is recased by rest/casing.ts.

const made = new WeakMap<z.core.$ZodType, z.ZodType>();

/** One stand-in a schema, however often it is used: a component's id may be registered once. */
export function snakeSchema(schema: z.core.$ZodType): z.ZodType {
  const known = made.get(schema) ?? build(schema);
  made.set(schema, known);
  return known;
}

function build(schema: z.core.$ZodType): z.ZodType {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  const meta = z.globalRegistry.get(schema);
  const named = (copy: z.ZodType): z.ZodType =>
    meta ? copy.meta({ ...meta, ...(meta.id && { id: `${meta.id}Snake` }) }) : copy;
  const rebuilt = (changes: object): z.ZodType =>
    named(z.core.clone(schema as z.ZodType, { ...def, ...changes } as never));

  switch (def.type) {
    case 'object':
      return rebuilt({
        shape: Object.fromEntries(
          Object.entries(def.shape).map(([key, field]) => [toSnake(key), snakeSchema(field)]),
        ),
      });
    case 'array':
      return rebuilt({ element: snakeSchema(def.element) });
    case 'union':
      return rebuilt({ options: def.options.map((option) => snakeSchema(option)) });
    case 'optional':
    case 'nullable':
    case 'default':
    case 'readonly':
      return rebuilt({ innerType: snakeSchema(def.innerType) });
    default:
      return schema as z.ZodType;
  }
}
