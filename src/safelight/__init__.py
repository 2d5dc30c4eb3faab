"""Safelight: watch the picture develop, and step in."""

__version__ = "0.1.0"
