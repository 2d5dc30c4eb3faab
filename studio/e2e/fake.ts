// Imported before the server: what these tests are about needs no model.
process.env.E2E_ENGINE = "fake";
