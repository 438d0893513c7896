# Keycloak with its own build done, so that it starts from a file system that is read-only, and with the realms of Plinth to import.
FROM quay.io/keycloak/keycloak:26.7.3
ENV KC_DB=postgres KC_HEALTH_ENABLED=true KC_CACHE=local
RUN /opt/keycloak/bin/kc.sh build
COPY apps/identity/keycloak/*-realm.json /opt/keycloak/data/import/
USER 1000:0
CMD ["start", "--optimized", "--import-realm"]
