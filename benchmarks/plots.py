"""Pictures of what was measured.

    python benchmarks/plots.py RESULTS [--out docs/images/benchmarks]

RESULTS is the folder that `benchmarks/all.py` wrote.
"""

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot as plt

NAMES = {
    "step": "Safelight, by step",
    "request": "Safelight, by whole requests",
    "lock": "diffusers behind a lock",
    "threads": "diffusers in threads",
}
COLOURS = {"step": "#c2410c", "request": "#0f766e", "lock": "#6b7280", "threads": "#a1a1aa"}
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "safelight",  # the same figures, the same file
    "svg.fonttype": "none",
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
}
Cells = Sequence[Mapping[str, Any]]


def under_load(cells: Cells, out: Path) -> None:
    """First preview and completion over load."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for who in _who(cells):
        own = sorted((cell for cell in cells if cell["who"] == who), key=lambda cell: cell["load"])
        loads = [cell["load"] for cell in own]
        for axes, field in ((left, "first_preview_s"), (right, "completion_s")):
            axes.plot(loads, [cell[field]["p95"] for cell in own], "o-", color=COLOURS[who], label=NAMES[who])
    for axes, title in ((left, "first preview, 95th percentile"), (right, "whole picture, 95th percentile")):
        axes.set(xlabel="load (1: what batching whole requests can just bear)", ylabel="seconds", title=title)
        axes.set_yscale("log")
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False)
    _save(figure, out / "under-load.svg")


def under_way(cells: Cells, out: Path) -> None:
    """Pictures a second over how many are under way."""
    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    for who in _who(cells):
        own = [cell for cell in cells if cell["who"] == who]
        axes.plot(
            [cell["under_way"] for cell in own],
            [cell["pictures_per_s"] for cell in own],
            "o-",
            color=COLOURS[who],
            label=NAMES[who],
        )
    axes.set(xlabel="under way at the same time", ylabel="pictures a second", ylim=(0, None))
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter("{x:.0f}")
    axes.legend(frameon=False)
    _save(figure, out / "under-way.svg")


def mixes(cells: Cells, out: Path) -> None:
    """First preview by workload."""
    names = sorted({cell["workload"] for cell in cells})
    whos = _who(cells)
    figure, axes = plt.subplots(figsize=(10, 4), layout="constrained")
    width = 0.8 / len(whos)
    for place, who in enumerate(whos):
        own = {cell["workload"]: cell["first_preview_s"]["p95"] for cell in cells if cell["who"] == who}
        spots = [names.index(name) + place * width for name in own]
        axes.bar(spots, list(own.values()), width, color=COLOURS[who], label=NAMES[who])
    axes.set_xticks([number + 0.4 - width / 2 for number in range(len(names))], names)
    axes.set(ylabel="seconds", title="first preview, 95th percentile")
    axes.set_yscale("log")
    axes.legend(frameon=False)
    _save(figure, out / "mixes.svg")


def viewers(seen: Cells, out: Path) -> None:
    """How far the last viewer is behind the first."""
    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    counts = [one["viewers"] for one in seen]
    axes.plot(counts, [one["lag_p95_s"] * 1e3 for one in seen], "o-", color=COLOURS["step"])
    axes.set(xlabel="viewers of one generation", ylabel="milliseconds behind the first (95th percentile)")
    axes.set_ylim(0, None)
    _save(figure, out / "viewers.svg")


def _who(cells: Cells) -> list[str]:
    return [who for who in NAMES if any(cell["who"] == who for cell in cells)]


def _save(figure: Any, path: Path) -> None:
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
    print(path)


def draw(results: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    serving, watching = (_read(results / f"{name}.json") for name in ("serving", "watching"))
    works = (("open", under_load), ("closed", under_way), ("mixes", mixes))
    with matplotlib.rc_context(STYLE):
        for name, work in works:
            if serving.get(name):
                work(serving[name], out)
        if watching.get("viewers"):
            viewers(watching["viewers"], out)


def _read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text())) if path.exists() else {}


def main(arguments: Iterable[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "docs" / "images" / "benchmarks")
    asked = parser.parse_args(None if arguments is None else list(arguments))
    draw(asked.results, asked.out)


if __name__ == "__main__":
    main()
