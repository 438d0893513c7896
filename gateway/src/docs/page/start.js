// Scalar with everything off that would call anybody but this gateway.
const { origin } = window.location;

// It would send whatever it finds a value for: an example, a default, the first of an enum. What may be left out is sent
// when somebody ticks it.
function unticked({ example, ...parameter }) {
  const { example: ofSchema, ...schema } = parameter.schema ?? {};
  const value = example ?? schema.default ?? schema.enum?.[0] ?? ofSchema;
  if (parameter.required || value === undefined) return { ...parameter, example };
  return { ...parameter, schema, examples: { default: { value, 'x-disabled': true } } };
}

const allUnticked = (parameters) =>
  Object.fromEntries(Object.entries(parameters).map(([name, parameter]) => [name, unticked(parameter)]));

function forTrying({ paths, components, ...document }) {
  const operations = Object.values(paths).flatMap((item) => Object.values(item));
  for (const operation of operations) operation.parameters = operation.parameters?.map(unticked);
  return {
    ...document,
    paths,
    components: { ...components, parameters: allUnticked(components.parameters) },
  };
}

const document = await (await fetch('/openapi.json')).json();
const { IdempotencyKey } = document.components?.parameters ?? {};

window.Scalar.createApiReference('#reference', {
  content: forTrying(document),
  documentDownloadType: 'none',
  servers: [{ url: origin, description: 'This gateway' }],
  withDefaultFonts: false,
  telemetry: false,
  proxyUrl: '',
  externalUrls: { dashboardUrl: origin, registryUrl: origin, proxyUrl: '', apiBaseUrl: origin },
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: 'never',
  persistAuth: false,
  // With the example as the key of all actions, the second would be taken for the first sent again.
  onBeforeRequest({ requestBuilder: { headers } }) {
    if (headers.get('Idempotency-Key') === IdempotencyKey?.example)
      headers.set('Idempotency-Key', crypto.randomUUID());
  },
});
