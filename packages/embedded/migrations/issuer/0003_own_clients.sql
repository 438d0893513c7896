-- The installation's own realm has clients that are made later, too. It is opened by its settings, and never as one of the
-- realms beside it, so here it is not enabled.
INSERT INTO issuer_realm (name, enabled) VALUES ('plinth', false) ON CONFLICT DO NOTHING;
