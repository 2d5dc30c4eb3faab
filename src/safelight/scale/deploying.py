"""Keeps an engine deployed on the cluster that RAY_ADDRESS names: `python -m safelight.scale.deploying FILE model=…`.

It is deployed again where the cluster was started anew. FILE is made once it is there.
"""

import os
import sys
import time
from pathlib import Path

from safelight.domain.errors import Misconfigured
from safelight.scale.cluster import join
from safelight.scale.plan import Plan

LOOK_S = 2.0
TRIES = 60


def main(file: Path, given: list[str]) -> None:
    """Until the process is ended, or the cluster."""
    plan = Plan.read(dict(argument.split("=", 1) for argument in given))
    _join(os.environ["RAY_ADDRESS"])
    from ray import serve

    from safelight.scale.app import deploy

    serve.start(proxy_location="Disabled", http_options={"request_timeout_s": plan.longest_s})
    while True:
        if plan.app not in serve.status().applications:
            deploy(plan)
        file.touch()
        time.sleep(LOOK_S)


def _join(address: str) -> None:
    """The head may have begun a moment ago. Raises Misconfigured."""
    for _ in range(TRIES):
        try:
            join(address)
            return
        except Misconfigured:
            time.sleep(LOOK_S)
    join(address)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
