"""How often moderation is right, on labelled prompts that it was not made from.

    python benchmarks/moderation.py [--wrong] [--json result.json]

Precision: of what is refused, the share that ought to be. Recall: of what ought to be refused, the share that is.
Targets of rules and classifier together: precision 0.9, recall 0.85.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from safelight.moderation.classifier import Classifier
from safelight.moderation.gate import Gate
from safelight.moderation.words import Rules, read_lists

FOLDER = Path(__file__).parents[1] / "tests" / "moderation"
UNSEEN = "unseen.tsv"

Labelled = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Score:
    """How often one way of asking was right."""

    right: int
    """Refused, and ought to be."""
    wrong: tuple[str, ...]
    """Refused, and ought not to be."""
    missed: tuple[str, ...]
    ms: float
    """Of a prompt, in the mean."""

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + len(self.wrong))

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + len(self.missed))


def labelled(name: str) -> list[tuple[str, str]]:
    """Prompts with their labels, `none` or a category."""
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [(line.split("\t")[0], line.split("\t")[1]) for line in lines if line and not line.startswith("#")]


async def score(gate: Gate, prompts: Labelled) -> Score:
    begun = time.perf_counter()
    refused = {prompt for _, prompt in prompts if not (await gate.read(prompt)).allowed}
    ms = (time.perf_counter() - begun) / len(prompts) * 1000
    bad = {prompt for label, prompt in prompts if label != "none"}
    return Score(len(refused & bad), tuple(sorted(refused - bad)), tuple(sorted(bad - refused)), ms)


def measured() -> dict[str, Score]:
    """Every way of asking, by its name."""
    rules, classifier = Rules(read_lists()), Classifier.read()
    both = Gate(rules=rules, classifier=classifier)
    everything = labelled("prompts.tsv") + labelled(UNSEEN)
    ways: dict[str, tuple[Gate, Labelled]] = {
        "rules": (Gate(rules=rules), everything),
        "classifier": (Gate(rules=Rules([]), classifier=classifier), everything),
        "rules and classifier": (both, everything),
        "rules and classifier, unseen": (both, labelled(UNSEEN)),
    }
    return {name: asyncio.run(score(gate, prompts)) for name, (gate, prompts) in ways.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wrong", action="store_true", help="show what was wrongly refused, and what was missed")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    scores = measured()
    for name, one in scores.items():
        print(f"{name:36} precision {one.precision:.3f}  recall {one.recall:.3f}  {one.ms:.2f} ms a prompt")
        if asked.wrong:
            print("".join(f"    refused: {prompt}\n" for prompt in one.wrong), end="")
            print("".join(f"    missed:  {prompt}\n" for prompt in one.missed), end="")
    if asked.json:
        asked.json.write_text(json.dumps({name: asdict(one) for name, one in scores.items()}, indent=2) + "\n")


if __name__ == "__main__":
    main()
