"""What is measured, and how it is shown: Prometheus, OpenTelemetry, Sentry. Nobody below knows of any of them."""
