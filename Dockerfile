# One image for the gateway and every service: docker-compose.yml says which of them a container runs.
# Node is of the version that package-lock.json names for development.
FROM node:24.21.0-bookworm-slim AS manifests
WORKDIR /plinth
COPY . .
# What npm reads and nothing else, so that a change of code does not install the packages anew.
RUN find . -type f ! -name package.json ! -name package-lock.json ! -name .npmrc -delete \
  && find . -type d -empty -delete

FROM node:24.21.0-bookworm-slim AS packages
WORKDIR /plinth
COPY --from=manifests /plinth .
# The optional packages are a second Node and the embedded Postgres, which nothing in a container starts.
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --omit=optional --ignore-scripts

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000 INTERNAL_PORT=9400
WORKDIR /plinth
COPY --from=packages /plinth .
COPY . .
# Empty volumes take the owner of the folder they are mounted on. Package managers have no business here any more.
RUN for folder in setup gateway apps/*; do \
      install -d -o node -g node -m 700 /var/lib/plinth "/var/lib/plinth/$(basename "$folder")"; \
    done \
  && rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
    /usr/local/bin/yarn /usr/local/bin/yarnpkg /opt/yarn-*
USER 1000:1000
EXPOSE 4000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --start-interval=1s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.INTERNAL_PORT}/health/ready`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "gateway/src/main.ts"]
