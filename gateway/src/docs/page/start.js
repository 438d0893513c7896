// Scalar with everything off that would call anybody but this gateway.
const { origin } = window.location;

window.Scalar.createApiReference('#reference', {
  url: '/openapi.json',
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
  operationsSorter: 'method',
});
