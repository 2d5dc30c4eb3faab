"""The doors: other programs' APIs that are spoken here as well."""

from enum import StrEnum


class DoorName(StrEnum):
    """By whose clients a door is used."""

    OPENAI = "openai"
    """OpenAI's Images API."""
    A1111 = "a1111"
    """AUTOMATIC1111's web UI."""
    DEMO = "demo"
    """The streaming demo with its `EventSource`."""
    DIFFUSION = "diffusion"
    """The streaming diffusion API."""
    GUARDED = "guarded"
    """The image service with moderation and keys."""
    DREAMSKETCH = "dreamsketch"
    SPRITES = "sprites"
    """The Cloud AI Art Studio."""
    MCP = "mcp"
    """Assistants, by the Model Context Protocol."""
