"""The health of two of the earlier front ends, which have it under one address."""

from datetime import UTC, datetime

from fastapi.responses import JSONResponse

from safelight import __version__
from safelight.web.doors.telling import router_of
from safelight.web.health import in_the_way
from safelight.web.problems import answer
from safelight.web.rooms import House

router = router_of(answer)


@router.get("/api/health")
async def health(house: House) -> JSONResponse:
    """The server's own state, and that of what draws."""
    reason = in_the_way(house)
    drawing = {"status": "ready" if reason is None else "busy", "detail": reason}
    own = {"status": "ok", "service": "safelight", "version": __version__}
    moment = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return JSONResponse({**own, "timestamp": moment, "image_service": drawing, "services": {"image": drawing}})
