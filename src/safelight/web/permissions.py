"""What every route asks of whoever calls it. One that is not in this table answers nobody."""

from collections.abc import Mapping
from dataclasses import dataclass

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
    """

    role: Role
    scope: Scope | None
    house: bool = False
    bucket: Bucket | None = Bucket.REQUESTS

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
RULES: Mapping[tuple[str, str], Rule | Open] = {
    ("GET", "/"): OPEN,
    ("GET", "/health"): OPEN,
    ("GET", "/ready"): OPEN,
    ("GET", "/diagnostics"): MANAGE,
    ("POST", f"{API}/generations"): DRAW,
    ("GET", f"{API}/generations"): SEE,
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
    ("GET", f"{API}/batches/{{batch}}/grid"): WATCH,
    ("POST", f"{API}/estimates"): SEE,
    ("POST", f"{API}/images"): DRAW,
    ("GET", f"{API}/images/{{image}}"): WATCH,
    ("GET", f"{API}/pictures"): SEE,
    ("POST", f"{API}/pictures"): DRAW,
    ("GET", f"{API}/pictures/tags"): SEE,
    ("GET", f"{API}/pictures/folders"): SEE,
    ("POST", f"{API}/pictures/bulk"): DEAL,
    ("GET", f"{API}/pictures/compare"): SEE,
    ("GET", f"{API}/pictures/export"): SEE,
    ("POST", f"{API}/pictures/export"): SEE,
    ("GET", f"{API}/pictures/{{picture}}"): WATCH,
    ("GET", f"{API}/pictures/{{picture}}/file"): WATCH,
    ("GET", f"{API}/pictures/{{picture}}/thumbnail"): WATCH,
    ("GET", f"{API}/pictures/{{picture}}/recipe"): WATCH,
    ("PATCH", f"{API}/pictures/{{picture}}"): DRAW,
    ("DELETE", f"{API}/pictures/{{picture}}"): DELETE,
    ("POST", f"{API}/pictures/{{picture}}/share"): DRAW,
    ("GET", f"{API}/shares"): SEE,
    # Whoever may make a link may take it back.
    ("DELETE", f"{API}/shares/{{link}}"): DRAW,
    # The token in the address is what lets somebody in.
    ("GET", share_url("{token}")): SHOWN,
    ("GET", f"{share_url('{token}')}/file"): SHOWN,
    ("GET", f"{API}/storage"): KEEP_HOUSE,
    ("GET", f"{API}/models"): SEE,
    ("POST", f"{API}/models"): KEEP_HOUSE,
    ("DELETE", f"{API}/models/{{model}}"): KEEP_HOUSE,
    ("POST", f"{API}/models/{{model}}/residency"): KEEP_HOUSE,
    ("DELETE", f"{API}/models/{{model}}/residency"): KEEP_HOUSE,
    ("GET", f"{API}/adapters"): SEE,
    ("GET", f"{API}/providers"): SEE,
    ("GET", f"{API}/presets"): SEE,
    # It may ask a language model, which costs something.
    ("POST", f"{API}/prompts/enhancements"): DRAW,
    ("POST", f"{API}/prompts/analysis"): SEE,
    # The same goes for a judge.
    ("POST", f"{API}/moderations"): DRAW,
    ("GET", f"{API}/moderations"): MANAGE,
    ("POST", f"{API}/session"): OPEN,
    ("DELETE", f"{API}/session"): OPEN,
    ("GET", f"{API}/me"): Rule(role=Role.VIEWER, scope=None, bucket=None),
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
    ("GET", f"{API}/workspaces/{{workspace}}/members"): MANAGE,
    ("PUT", f"{API}/workspaces/{{workspace}}/members/{{user}}"): MANAGE,
    ("DELETE", f"{API}/workspaces/{{workspace}}/members/{{user}}"): MANAGE,
    ("GET", f"{API}/audit"): MANAGE,
}
