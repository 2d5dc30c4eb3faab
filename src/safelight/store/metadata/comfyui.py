"""What ComfyUI notes under `prompt`: the graph that was run, as `{node: {class_type, inputs}}`, where an input is a
value or a link `[node, output]`. The way back leads from the picture to its sampler, and from there to what it was
given."""

from collections.abc import Iterator, Mapping
from typing import Any

from safelight.domain.picture import Origin
from safelight.domain.recipe import Sampler, Schedule
from safelight.store.metadata.draft import Draft

SAMPLERS = {
    "ddim": Sampler.DDIM,
    "euler": Sampler.EULER,
    "euler_ancestral": Sampler.EULER_A,
    "heun": Sampler.HEUN,
    "dpm_2": Sampler.DPM2,
    "dpmpp_2m": Sampler.DPMPP_2M,
    "dpmpp_2m_sde": Sampler.DPMPP_2M_SDE,
    "dpmpp_2m_sde_gpu": Sampler.DPMPP_2M_SDE,
    "dpmpp_sde": Sampler.DPMPP_SDE,
    "dpmpp_sde_gpu": Sampler.DPMPP_SDE,
    "uni_pc": Sampler.UNIPC,
    "lcm": Sampler.LCM,
}
SCHEDULES = {"normal": Schedule.MODEL, "karras": Schedule.KARRAS, "exponential": Schedule.EXPONENTIAL}
PLACES = {"seed": ("seed", "noise_seed"), "steps": ("steps",), "guidance": ("cfg",)}
TEXTS = ("text", "text_g", "t5xxl", "clip_l", "text_l", "prompt", "string", "value")
CHECKPOINTS = ("ckpt_name", "unet_name", "model_name")
NODES_LIMIT, INPUTS_LIMIT = 2000, 200

Node = Mapping[str, Any]


class Graph:
    """The nodes and the ways between them. Links that lead nowhere or in a circle are followed once."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.nodes: dict[str, Node] = {
            name: node
            for name, node in list(document.items())[:NODES_LIMIT]
            if isinstance(node, Mapping)
            and isinstance(node.get("inputs"), Mapping)
            and len(node["inputs"]) <= INPUTS_LIMIT
        }

    def linked(self, value: object) -> Node | None:
        """The node that a link leads to."""
        match value:
            case [str() | int() as name, int()]:
                return self.nodes.get(str(name))
        return None

    def upstream(self, start: object, *inputs: str) -> Iterator[Node]:
        """The node a link leads to, and all those before it, nearest first; only along `inputs`, where some are
        named."""
        line, seen = [self.linked(start)], set[int]()
        for node in line:
            if node is None or id(node) in seen:
                continue
            seen.add(id(node))
            yield node
            line += [self.linked(value) for name, value in node["inputs"].items() if not inputs or name in inputs]

    def value(self, node: Node, *names: str, start: tuple[str, ...] = ()) -> Any:
        """The first value under one of the names at this node, or at one that is linked to it."""
        for one in (node, *(n for name in start for n in self.upstream(node["inputs"].get(name)))):
            for name in names:
                found = one["inputs"].get(name)
                for source in self.upstream(found):
                    found = next((v for v in source["inputs"].values() if not isinstance(v, list | Mapping)), None)
                    break
                if found is not None and not isinstance(found, list | Mapping):
                    return found
        return None

    def words(self, link: object, *, side: str) -> str | None:
        """The text behind a conditioning.

        Args:
            side: `positive` or `negative`, for nodes through which both go.
        """
        node, seen = self.linked(link), set[int]()
        while node is not None and id(node) not in seen:
            seen.add(id(node))
            inputs = node["inputs"]
            for name in TEXTS:
                if name in inputs and isinstance(text := self.value(node, name), str):
                    return text
            ways = (inputs.get(name) for name in (side, *(n for n in inputs if n.startswith("conditioning"))))
            node = next((found for way in ways if (found := self.linked(way))), None)
        return None


def draft(document: Mapping[str, Any]) -> Draft | None:
    """What such a graph says; None where it is another kind of object."""
    graph = Graph(document)
    samplers = _samplers(graph)
    if not graph.nodes:
        return None
    made = Draft(Origin.COMFYUI)
    if not samplers:
        made.note("There is no sampler in its graph that could be understood.")
        return made
    if len(samplers) > 1:
        made.note(f"{len(samplers) - 1} more passes over the picture")
    _read(graph, samplers[-1], made)
    return made


def _samplers(graph: Graph) -> list[Node]:
    """Those that the saved picture comes from, the last one first; in a graph without an end, all of them."""
    ends = [node for node in graph.nodes.values() if "images" in node["inputs"] and _saves(node)]
    nodes = [found for end in ends[:1] for found in graph.upstream(end["inputs"]["images"])] or graph.nodes.values()
    return [node for node in nodes if "latent_image" in node["inputs"]]


def _saves(node: Node) -> bool:
    return any(word in str(node.get("class_type", "")).lower() for word in ("save", "preview"))


def _read(graph: Graph, sampler: Node, made: Draft) -> None:
    inputs = sampler["inputs"]
    guider = graph.linked(inputs.get("guider"))
    conditioned = sampler if guider is None else guider
    positive = conditioned["inputs"].get("positive", conditioned["inputs"].get("conditioning"))
    made.take("prompt", graph.words(positive, side="positive"))
    made.take("negative_prompt", graph.words(conditioned["inputs"].get("negative"), side="negative"))
    for field, names in PLACES.items():
        made.take(field, graph.value(sampler, *names, start=("noise", "guider", "sigmas")))
    made.lookup("sampler", graph.value(sampler, "sampler_name", start=("sampler",)), SAMPLERS)
    made.lookup("schedule", graph.value(sampler, "scheduler", start=("sigmas",)), SCHEDULES)
    denoise = graph.value(sampler, "denoise", start=("sigmas",))
    if denoise not in (None, 1, 1.0):
        made.note(f"denoise: {denoise}")
    _read_size(graph, inputs["latent_image"], made)
    _read_model(graph, conditioned["inputs"].get("model", inputs.get("model")), made)
    for kind in sorted({str(node.get("class_type")) for node in graph.upstream(positive)}):
        if "controlnet" in kind.lower() and "apply" in kind.lower():
            made.note(f"{kind}: a control network")


def _read_size(graph: Graph, latents: object, made: Draft) -> None:
    for node in graph.upstream(latents):
        if "latent_image" not in node["inputs"] and {"width", "height"} <= node["inputs"].keys():
            made.take("width", graph.value(node, "width"))
            made.take("height", graph.value(node, "height"))
            return
    made.note("It began with another picture.")


def _read_model(graph: Graph, link: object, made: Draft) -> None:
    for node in graph.upstream(link, "model"):
        if isinstance(name := node["inputs"].get("lora_name"), str):
            weight = graph.value(node, "strength_model")
            made.lora(name, weight if isinstance(weight, int | float) else 1.0)
        for place in CHECKPOINTS:
            if isinstance(name := node["inputs"].get(place), str):
                made.take("model", name)
                return
