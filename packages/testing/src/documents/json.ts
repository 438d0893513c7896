export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

export const objectIn = (value: unknown, key: string): JsonObject => {
  const inner = isObject(value) ? value[key] : undefined;
  return isObject(inner) ? inner : {};
};

export const listIn = (value: unknown, key: string): readonly unknown[] => {
  const inner = isObject(value) ? value[key] : undefined;
  return Array.isArray(inner) ? inner : [];
};

/** What a `$ref` of the document leads to; anything else as it is. */
export function resolve(document: JsonObject, value: unknown): JsonObject {
  if (!isObject(value)) return {};
  if (typeof value.$ref !== 'string') return value;
  const segments = value.$ref.replace(/^#\//, '').split('/');
  return resolve(
    document,
    segments.reduce<unknown>((place, segment) => (isObject(place) ? place[segment] : undefined), document),
  );
}
