"""What every route asks of whoever calls it. One that is not in this table answers nobody."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from safelight.accounts.limits import Bucket
from safelight.domain.access import Access, Role, Scope
from safelight.domain.errors import Forbidden
from safelight.domain.links import API, share_url


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What it takes.

    Attributes:
        house: it is about the server itself: for admins of the server's own workspace.
        bucket: what it counts as; None where it does not count.
        acts: it does something even when it is asked for with GET, so that the page that asks is looked at as well.
        placeholders: its clients show a key whatever happens, such as `none`: one that is not of this server's form
            counts as none at all.
        own_token: whoever shows the token that was set up for it needs nothing else.
    """

    role: Role
    scope: Scope | None
    house: bool = False
    bucket: Bucket | None = Bucket.REQUESTS
    acts: bool = False
    placeholders: bool = False
    own_token: bool = False

    def check(self, access: Access) -> None:
        """Raises Forbidden."""
        if not access.role.covers(self.role):
            raise Forbidden(f"This takes a {self.role}, and you are a {access.role}.", hint="Ask an admin to do it.")
        if self.scope is not None and self.scope not in access.scopes:
            raise Forbidden(f"This takes the scope '{self.scope}'.", hint="Use a key that has it.")
        if self.house and not access.keeps_house:
            raise Forbidden("This is about the server itself.", hint="It takes an admin of the default workspace.")


SEE = Rule(role=Role.VIEWER, scope=Scope.READ)
WATCH = Rule(role=Role.VIEWER, scope=Scope.READ, bucket=Bucket.MEDIA)
DRAW = Rule(role=Role.CREATOR, scope=Scope.CREATE)
DELETE = Rule(role=Role.CREATOR, scope=Scope.DELETE)
MANAGE = Rule(role=Role.ADMIN, scope=Scope.MANAGE)
KEEP_HOUSE = Rule(role=Role.ADMIN, scope=Scope.MANAGE, house=True)
ANYBODY = Rule(role=Role.VIEWER, scope=None)
# Draws or deletes: the route itself asks for what the action in its body takes.
DEAL = Rule(role=Role.CREATOR, scope=None)


@dataclass(frozen=True, kw_only=True)
class Open:
    """For everybody, known or not.

    Attributes:
        bucket: what it counts as, for the address that it comes from; None where it does not count.
    """

    bucket: Bucket | None = None


OPEN = Open()
SHOWN = Open(bucket=Bucket.MEDIA)

WS = "WEBSOCKET"
A1111_DRAWS = (
    "txt2img", "img2img", "interrupt", "skip", "options", "extra-single-image", "extra-batch-images",
    "refresh-checkpoints", "refresh-loras", "refresh-vae",
)  # fmt: skip
A1111_SHOWS = (
    "options", "sd-models", "samplers", "schedulers", "upscalers", "latent-upscale-modes", "loras", "embeddings",
    "prompt-styles", "scripts", "script-info", "sd-vae", "hypernetworks", "face-restorers", "realesrgan-models",
    "cmd-flags", "memory",
)  # fmt: skip
DOORS: Mapping[tuple[str, str], Rule | Open] = {
    ("POST", "/v1/images/generations"): replace(DRAW, placeholders=True),
    ("POST", "/v1/images/edits"): replace(DRAW, placeholders=True),
    ("GET", "/v1/models"): replace(SEE, placeholders=True),
    ("GET", "/v1/models/{model:path}"): replace(SEE, placeholders=True),
    **{("POST", f"/sdapi/v1/{name}"): DRAW for name in A1111_DRAWS},
    **{("GET", f"/sdapi/v1/{name}"): SEE for name in A1111_SHOWS},
    ("GET", "/sdapi/v1/progress"): WATCH,
    ("POST", "/internal/progress"): WATCH,
    ("POST", "/sdapi/v1/png-info"): SEE,
    # It draws with a GET, as an `EventSource` has nothing else; coming back for the rest is a look.
    ("GET", "/api/generate"): replace(DRAW, acts=True, bucket=Bucket.MEDIA),
    ("GET", "/api/health"): OPEN,
    ("POST", "/generate"): DRAW,
    ("POST", "/api/images/generate"): DRAW,
    ("POST", "/api/moderation/check"): DRAW,
    ("GET", "/api/health/"): OPEN,
    ("GET", "/api/status/"): SEE,
    ("GET", "/api/models/"): SEE,
    ("GET", "/api/results/"): SEE,
    ("GET", "/media/generated/{picture}.png"): WATCH,
    ("POST", "/api/txt2img/"): DRAW,
    ("POST", "/api/img2img/"): DRAW,
    **{("POST", f"{prefix}/generate-sprite"): DRAW for prefix in ("", "/api")},
    **{("GET", f"{prefix}/saved-images"): SEE for prefix in ("", "/api")},
    **{("POST", f"{prefix}/saved-images"): DRAW for prefix in ("", "/api")},
    **{("DELETE", f"{prefix}/saved-images"): DELETE for prefix in ("", "/api")},
    # Whoever gets in may look; the tools that draw ask for what drawing takes.
    **{(method, "/mcp"): WATCH for method in ("GET", "POST", "DELETE")},
    ("GET", "/api/comfyui/health"): WATCH,
    ("GET", "/api/comfyui/progress/{generation}"): WATCH,
}
RULES: Mapping[tuple[str, str], Rule | Open] = {
    ("GET", "/"): OPEN,
    ("GET", "/health"): OPEN,
    ("GET", "/ready"): OPEN,
    ("GET", "/diagnostics"): MANAGE,
    ("GET", "/metrics"): replace(KEEP_HOUSE, bucket=None, own_token=True),
    ("POST", f"{API}/generations"): DRAW,
    # Which are open, and how far they are: the studio asks for it while pictures develop.
    ("GET", f"{API}/generations"): WATCH,
    ("GET", f"{API}/generations/{{generation}}"): WATCH,
    ("PATCH", f"{API}/generations/{{generation}}"): DRAW,
    ("DELETE", f"{API}/generations/{{generation}}"): DRAW,
    ("GET", f"{API}/generations/{{generation}}/events"): WATCH,
    (WS, f"{API}/generations/{{generation}}/events"): WATCH,
    ("GET", f"{API}/generations/{{generation}}/frames/{{step}}"): WATCH,
    ("POST", f"{API}/generations/{{generation}}/branches"): DRAW,
    ("POST", f"{API}/generations/{{generation}}/reproduce"): DRAW,
    ("POST", f"{API}/batches"): DRAW,
    ("GET", f"{API}/batches"): SEE,
    ("GET", f"{API}/batches/{{batch}}"): WATCH,
    ("DELETE", f"{API}/batches/{{batch}}"): DRAW,
    ("GET", f"{API}/batches/{{batch}}/events"): WATCH,
    ("GET", f"{API}/batches/{{batch}}/grid"): WATCH,
    ("POST", f"{API}/estimates"): SEE,
    ("POST", f"{API}/images"): DRAW,
    ("GET", f"{API}/images/{{image}}"): WATCH,
    # Looking through the gallery asks page after page, and the names beside it anew after every change.
    ("GET", f"{API}/pictures"): WATCH,
    ("POST", f"{API}/pictures"): DRAW,
    ("GET", f"{API}/pictures/tags"): WATCH,
    ("GET", f"{API}/pictures/folders"): WATCH,
    ("POST", f"{API}/pictures/bulk"): DEAL,
    ("GET", f"{API}/pictures/compare"): SEE,
    ("GET", f"{API}/pictures/export"): SEE,
    ("POST", f"{API}/pictures/export"): SEE,
    ("GET", f"{API}/pictures/{{picture}}"): WATCH,
    ("GET", f"{API}/pictures/{{picture}}/file"): WATCH,
    ("GET", f"{API}/pictures/{{picture}}/thumbnail"): WATCH,
    ("GET", f"{API}/pictures/{{picture}}/recipe"): WATCH,
    ("GET", f"{API}/pictures/{{picture}}/credentials"): WATCH,
    ("PATCH", f"{API}/pictures/{{picture}}"): DRAW,
    ("DELETE", f"{API}/pictures/{{picture}}"): DELETE,
    ("POST", f"{API}/pictures/{{picture}}/share"): DRAW,
    # It is only read, and not kept.
    ("POST", f"{API}/watermarks"): SEE,
    ("GET", f"{API}/shares"): SEE,
    # Whoever may make a link may take it back.
    ("DELETE", f"{API}/shares/{{link}}"): DRAW,
    # The token in the address is what lets somebody in.
    ("GET", share_url("{token}")): SHOWN,
    ("GET", f"{share_url('{token}')}/file"): SHOWN,
    ("GET", f"{API}/storage"): KEEP_HOUSE,
    # Who did what, it says to admins alone.
    ("GET", f"{API}/usage"): SEE,
    ("GET", f"{API}/models"): SEE,
    ("POST", f"{API}/models"): KEEP_HOUSE,
    ("DELETE", f"{API}/models/{{model}}"): KEEP_HOUSE,
    ("POST", f"{API}/models/{{model}}/residency"): KEEP_HOUSE,
    ("DELETE", f"{API}/models/{{model}}/residency"): KEEP_HOUSE,
    ("GET", f"{API}/adapters"): SEE,
    ("GET", f"{API}/providers"): SEE,
    ("PUT", f"{API}/providers/{{provider}}/credentials"): MANAGE,
    ("DELETE", f"{API}/providers/{{provider}}/credentials"): MANAGE,
    ("GET", f"{API}/presets"): SEE,
    # It may ask a language model, which costs something.
    ("POST", f"{API}/prompts/enhancements"): DRAW,
    ("POST", f"{API}/prompts/analysis"): SEE,
    # The same goes for a judge.
    ("POST", f"{API}/moderations"): DRAW,
    ("GET", f"{API}/moderations"): MANAGE,
    ("GET", f"{API}/session"): OPEN,
    ("GET", f"{API}/session/oidc"): OPEN,
    ("GET", f"{API}/session/oidc/callback"): OPEN,
    ("POST", f"{API}/session"): OPEN,
    ("DELETE", f"{API}/session"): OPEN,
    ("GET", f"{API}/me"): Rule(role=Role.VIEWER, scope=None, bucket=None),
    ("GET", f"{API}/me/export"): SEE,
    # Whatever they are: everybody may go, and decide about themselves.
    ("DELETE", f"{API}/me"): ANYBODY,
    ("GET", f"{API}/me/preferences"): ANYBODY,
    ("PUT", f"{API}/me/preferences"): ANYBODY,
    ("POST", f"{API}/me/consent"): ANYBODY,
    ("GET", f"{API}/keys"): MANAGE,
    ("POST", f"{API}/keys"): MANAGE,
    ("DELETE", f"{API}/keys/{{key}}"): MANAGE,
    ("GET", f"{API}/users"): KEEP_HOUSE,
    ("POST", f"{API}/users"): KEEP_HOUSE,
    ("DELETE", f"{API}/users/{{user}}"): KEEP_HOUSE,
    ("PUT", f"{API}/users/{{user}}/password"): KEEP_HOUSE,
    ("GET", f"{API}/workspaces"): MANAGE,
    ("POST", f"{API}/workspaces"): KEEP_HOUSE,
    ("DELETE", f"{API}/workspaces/{{workspace}}"): KEEP_HOUSE,
    ("GET", f"{API}/workspaces/{{workspace}}/settings"): MANAGE,
    ("PUT", f"{API}/workspaces/{{workspace}}/settings"): MANAGE,
    ("GET", f"{API}/workspaces/{{workspace}}/members"): MANAGE,
    ("PUT", f"{API}/workspaces/{{workspace}}/members/{{user}}"): MANAGE,
    ("DELETE", f"{API}/workspaces/{{workspace}}/members/{{user}}"): MANAGE,
    ("GET", f"{API}/audit"): MANAGE,
    **DOORS,
}
