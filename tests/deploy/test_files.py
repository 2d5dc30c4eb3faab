"""What is deployed fits together, and to the Safelight that is deployed."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from safelight.scale.plan import Plan
from safelight.settings import PREFIX, Settings
from tests.running import ROOT

DEPLOY = ROOT / "deploy"
KUBERNETES = "1.37"
OURS = {"SAFELIGHT_TARGET", "SAFELIGHT_PUBLISHED_PORT"}
"""Of compose.yaml alone: which image, and where it is published."""
SECRET = re.compile(r"(password|secret|token|_key)$", re.IGNORECASE)


def written() -> Iterator[Path]:
    return (path for path in DEPLOY.rglob("*") if path.is_file() and path.suffix != ".json")


def documents(folder: str) -> list[tuple[str, dict[str, Any]]]:
    files = sorted((DEPLOY / folder).glob("*.yaml"))
    return [(file.stem, found) for file in files for found in yaml.safe_load_all(file.read_text()) if found]


def manifest(name: str) -> dict[str, Any]:
    (found,) = (document for file, document in documents("kubernetes") if file == name)
    return found


ALL = documents("kubernetes") + [(name, found) for name, found in documents("kuberay") if name != "web"]
MANIFESTS = [(name, document) for name, document in ALL if document["kind"] != "Kustomization"]
OF_RAY = [(name, document) for name, document in MANIFESTS if document["apiVersion"].startswith("ray.io/")]


def test_every_setting_that_is_named_exists() -> None:
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields} | OURS
    named = {name: path.name for path in written() for name in re.findall(r"\bSAFELIGHT_[A-Z0-9_]+", path.read_text())}
    assert len(named) > 15
    assert {name: file for name, file in named.items() if name not in known} == {}


@pytest.mark.parametrize(
    ("name", "document"), [pair for pair in MANIFESTS if pair not in OF_RAY], ids=lambda part: str(part)[:16]
)
def test_kubernetes_knows_every_field(name: str, document: dict[str, Any]) -> None:
    kubernetes_validate.validate(document, KUBERNETES, strict=True)


@pytest.mark.parametrize(("name", "document"), OF_RAY, ids=lambda part: str(part)[:16])
def test_kubernetes_knows_every_field_of_rays_pods(name: str, document: dict[str, Any]) -> None:
    spec = document["spec"].get("rayClusterConfig", document["spec"])
    groups = [spec["headGroupSpec"], *spec["workerGroupSpecs"]]
    assert len(groups) >= 2
    for group in groups:
        pods = {"apiVersion": "v1", "kind": "PodTemplate", "metadata": {"name": "x"}, "template": group["template"]}
        kubernetes_validate.validate(pods, KUBERNETES, strict=True)


def test_kubernetes_knows_every_field_of_a_server_beside_ray() -> None:
    (patch,) = (document for name, document in documents("kuberay") if name == "web")
    deployment, more = manifest("deployment"), patch["spec"]["template"]["spec"]
    pod = deployment["spec"]["template"]["spec"]
    assert more["containers"][0]["name"] == pod["containers"][0]["name"], "or kustomize would add another one"
    for part in ("initContainers", "volumes"):
        pod[part] = [*pod.get(part, ()), *more[part]]
    pod["containers"][0] |= more["containers"][0]
    kubernetes_validate.validate(deployment, KUBERNETES, strict=True)
    mounted = {mount["name"] for one in pod["containers"] + pod["initContainers"] for mount in one["volumeMounts"]}
    assert mounted <= {volume["name"] for volume in pod["volumes"]}
    assert set(documents("kuberay")[0][1]["resources"]) == {"../kubernetes", "models.yaml", "service.yaml"}


def test_a_field_that_does_not_exist_is_found() -> None:
    wrong = manifest("service") | {"spec": {"prots": []}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, KUBERNETES, strict=True)


def test_kustomize_takes_every_manifest() -> None:
    listed = set(manifest("kustomization")["resources"])
    there = {path.name for path in (DEPLOY / "kubernetes").glob("*.yaml")} - {"kustomization.yaml"}
    assert listed == there


def test_selectors_find_the_pods() -> None:
    pods = manifest("deployment")["spec"]["template"]["metadata"]["labels"]
    for select in (
        manifest("deployment")["spec"]["selector"]["matchLabels"],
        manifest("service")["spec"]["selector"],
        manifest("disruption")["spec"]["selector"]["matchLabels"],
        manifest("network")["spec"]["podSelector"]["matchLabels"],
    ):
        assert select.items() <= pods.items()


def test_pods_have_no_more_rights_than_they_need() -> None:
    pod = manifest("deployment")["spec"]["template"]["spec"]
    (web,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] and web["securityContext"]["readOnlyRootFilesystem"]
    assert web["securityContext"]["capabilities"]["drop"] == ["ALL"] and not pod["automountServiceAccountToken"]


def test_probes_ask_for_life_and_at_the_start_for_readiness() -> None:
    (web,) = manifest("deployment")["spec"]["template"]["spec"]["containers"]
    asked = {name: web[name]["httpGet"]["path"] for name in ("startupProbe", "readinessProbe", "livenessProbe")}
    assert asked == {"startupProbe": "/ready", "readinessProbe": "/health", "livenessProbe": "/health"}


def test_what_stands_before_it_lets_streams_live() -> None:
    from safelight.web.sse import KEEP_ALIVE_S

    nginx = manifest("ingress")["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-read-timeout"]
    balancer = (DEPLOY / "cloudformation" / "entrance.yaml").read_text()
    (idle,) = re.findall(r'idle_timeout.timeout_seconds, Value: "(\d+)"', balancer)
    assert min(int(nginx), int(idle)) >= 4 * KEEP_ALIVE_S


def test_what_compose_mounts_and_builds_is_there() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    mounted = {volume.split(":")[0] for one in compose["services"].values() for volume in one.get("volumes", ())}
    folders = {name for name in mounted if name.startswith(".")}
    assert {name for name in folders if not (DEPLOY / name).is_dir()} == set()
    assert mounted - folders == set(compose["volumes"])
    build = compose["services"]["web"]["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()


def test_compose_asks_for_every_password_and_says_where() -> None:
    text, example = (DEPLOY / "compose.yaml").read_text(), (DEPLOY / "env.example").read_text()
    required = set(re.findall(r"\$\{(\w+):\?", text))
    assert {"POSTGRES_PASSWORD", "REDIS_PASSWORD", "S3_PASSWORD", "GRAFANA_PASSWORD"} == required
    assert all(f"\n{name}=\n" in f"\n{example}" for name in required)


def test_images_are_pinned() -> None:
    named = re.findall(
        r"^\s*image: *(\S+)|^FROM (\S+)", "\n".join(path.read_text() for path in written()), re.MULTILINE
    )
    stages = set(re.findall(r"^FROM \S+ AS (\S+)", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE))
    images = {one or other for one, other in named} - stages - {"safelight", "safelight:${SAFELIGHT_TARGET:-cpu}"}
    assert len(images) >= 8
    assert {image for image in images if not re.search(r":[\w.-]*\d[\w.-]*$", image)} == set()


def test_the_image_gives_up_root_and_takes_in_only_what_it_is_built_from() -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    base = dockerfile.split(" AS base", 1)[1].split("\nFROM ", 1)[0]
    assert "\nUSER 10001:10001\n" in base and "\nHEALTHCHECK " in base
    assert "USER" not in dockerfile.split(" AS base", 1)[1].split("\nFROM ", 1)[1]
    copied = {
        part for line in re.findall(r"^COPY (?!--from)(.*) \S+$", dockerfile, re.MULTILINE) for part in line.split()
    }
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert {part.split("/")[0] for part in copied} <= let_in
    assert all((ROOT / part).exists() for part in copied)


def test_no_secret_is_written_down() -> None:
    found = [
        (path.name, name, value)
        for path in written()
        for name, value in re.findall(r"^\s*-?\s*([A-Za-z_]+): +(\S.*)$", path.read_text(), re.MULTILINE)
        if SECRET.search(name) and not re.match(r"[!&{|>$]|\"?\$|true$|false$|/var/", value)
    ]
    assert found == []


def test_ray_serves_what_there_is_to_serve() -> None:
    (service,) = (document for _, document in OF_RAY if document["kind"] == "RayService")
    applications = yaml.safe_load(service["spec"]["serveConfigV2"])["applications"]
    for application in applications:
        module, _, function = application["import_path"].partition(":")
        file = (ROOT / "src" / Path(*module.split("."))).with_suffix(".py")
        assert f"\ndef {function}(" in file.read_text()
        Plan.read(application["args"])
        assert application["name"] == Plan.read(application["args"]).app and application["route_prefix"] is None


def test_workflows_make_what_there_is_to_make() -> None:
    workflows = "\n".join(path.read_text() for path in (ROOT / ".github" / "workflows").glob("*.yml"))
    wanted = {target for line in re.findall(r"run: make (.+)$", workflows, re.MULTILINE) for target in line.split()}
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"audit", "sbom", "packages", "studio"} <= wanted <= targets
