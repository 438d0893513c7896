import { z } from 'zod';
import { toSnake } from '../rest/casing.ts';

/** The same schema as the snake_case dialects write it, for the document: the wire itself is recased by rest/casing.ts. */
export function snakeSchema(schema: z.core.$ZodType): z.ZodType {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  const meta = z.globalRegistry.get(schema);
  const named = (made: z.ZodType): z.ZodType =>
    meta ? made.meta({ ...meta, ...(meta.id && { id: `${meta.id}Snake` }) }) : made;
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
