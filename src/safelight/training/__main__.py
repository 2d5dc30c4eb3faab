"""``python -m safelight.training --work-dir .work/sprite --out-dir models/sprite``."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from safelight.training.run import train


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m safelight.training", description=__doc__)
    parser.add_argument(
        "--work-dir", type=Path, default=Path(".work/sprite"), help="artwork, checkpoints, sample grids"
    )
    parser.add_argument(
        "--out-dir", type=Path, default=Path(".work/sprite/export"), help="the diffusers directory to write"
    )
    parser.add_argument("--minutes", type=float, default=105.0, help="active training time in all")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--threads", type=int, default=None, help="CPU cores to use (all)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=Path, default=None, help="a finished model's directory to go on from")
    parser.add_argument("--fresh", action="store_true", help="throw trained state away instead of resuming")
    wishes = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    train(
        work_dir=wishes.work_dir,
        out_dir=wishes.out_dir,
        minutes=wishes.minutes,
        device=wishes.device,
        threads=wishes.threads,
        resume=not wishes.fresh,
        seed=wishes.seed,
        start=wishes.start,
    )


if __name__ == "__main__":
    main()
