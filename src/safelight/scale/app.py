"""Engines as applications of Ray Serve.

`serve run safelight.scale.app:build model=sprite --name safelight-sprite`, or in a RayService: `import_path:
safelight.scale.app:build` with the fields of `Plan` as `args`. One application for each model, called
`safelight-<model>`; it answers handles, not HTTP, so its `route_prefix` is null.
"""

from typing import Any

from ray import serve
from ray.serve import Application

from safelight.scale.mailroom import Mailroom
from safelight.scale.plan import Plan
from safelight.scale.replica import EngineReplica

MAIL = "Mailroom"
ENGINE = "Engine"


def build(args: dict[str, Any]) -> Application:
    """The application of one model. `args` are the fields of `Plan`.

    Raises:
        Misconfigured: an argument is wrong.
    """
    plan = Plan.read(args)
    # Every replica and every server may be listened to at once; none of it takes work.
    mailroom = serve.deployment(
        Mailroom, name=MAIL, max_ongoing_requests=10_000, ray_actor_options={"num_cpus": 0}
    ).bind()
    engine = serve.deployment(EngineReplica, name=ENGINE, **plan.options())
    return engine.bind(plan, mailroom)


def deploy(plan: Plan) -> None:
    """Put one model's engine onto the cluster that this process belongs to, or bring it up to date."""
    serve.run(build(plan.model_dump()), name=plan.app, route_prefix=None)
