"""Everything that is measured, one after the other: figures as JSON, plots as SVG.

    python benchmarks/all.py [--quick] [--out .bench] [--only serving,engine]

`--quick` takes a model whose steps take milliseconds, and a minute or two; without it, half an hour on two cores. The
machine should have nothing else to do. Every part can be run by itself: `python benchmarks/serving.py --help`.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

HERE = Path(__file__).parent
FULL: Mapping[str, Sequence[str]] = {
    "engine": (),
    "serving": (),
    "watching": ("--viewers", "1,50,200,500,1000"),
    "clustered": (),
    "tuning": ("--only", "features"),
    "memory": ("--sizes", "256"),
    "gallery": (),
    "moderation": (),
    "export": (),
}
"""Each writes `--json`."""
QUICK: Mapping[str, Sequence[str]] = {
    "engine": ("--rounds", "1"),
    "serving": ("--model", "tiny", "--requests", "16", "--steps", "8", "--loads", "0.3,0.8,1.2", "--mixes", "W2,W4,W6"),
    "watching": ("--engine", "fake", "--viewers", "1,50", "--rounds", "2"),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a few minutes, and a few figures")
    parser.add_argument("--only", help=f"some of {', '.join(FULL)}")
    parser.add_argument("--out", type=Path, default=Path(".bench"), help="folder for the JSON files and the plots")
    asked = parser.parse_args()
    plan = QUICK if asked.quick else FULL
    names = asked.only.split(",") if asked.only else list(plan)
    if unknown := [name for name in names if name not in FULL]:
        parser.error(f"there is no {unknown[0]}; there are {', '.join(FULL)}")
    asked.out.mkdir(parents=True, exist_ok=True)
    failed = [name for name in names if not run(name, plan.get(name, ()), asked.out)]
    subprocess.run([sys.executable, HERE / "plots.py", asked.out, "--out", asked.out], check=False)
    print(f"==> Figures and plots are in {asked.out}" + (f"; failed: {', '.join(failed)}" if failed else ""))
    return 1 if failed else 0


def run(name: str, options: Sequence[str], out: Path) -> bool:
    print(f"--> {name}", flush=True)
    begin = time.perf_counter()
    ended = subprocess.run(
        [sys.executable, HERE / f"{name}.py", *options, "--json", out / f"{name}.json"], check=False
    ).returncode
    print(f"    {time.perf_counter() - begin:.0f} s", flush=True)
    return ended == 0


if __name__ == "__main__":
    sys.exit(main())
