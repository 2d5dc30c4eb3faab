"""`safelight train`: the embedded model again, a style of one's own, or a model's figures."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from safelight.cli.console import out

train = typer.Typer(invoke_without_command=True)

Device = Annotated[str, typer.Option(help="cpu or cuda.")]
Threads = Annotated[int | None, typer.Option(help="Processor threads to use.", min=1)]
Seed = Annotated[int, typer.Option(help="Seed of everything random.")]
Model = Annotated[Path | None, typer.Option(help="A model's diffusers folder; otherwise the embedded one.")]


@train.callback()
def again(
    context: typer.Context,
    work_dir: Annotated[
        Path | None, typer.Option(help="Folder for everything in between; a second run goes on from it.")
    ] = None,
    out_dir: Annotated[Path | None, typer.Option(help="Folder to write the finished model to.")] = None,
    minutes: Annotated[float, typer.Option(help="Minutes of computing to spend.", min=0.1)] = 105.0,
    finish_by: Annotated[
        datetime | None,
        typer.Option(
            formats=["%H:%M"], help="Time of day at which the UNet has learnt, however little of the minutes it got."
        ),
    ] = None,
    device: Device = "cpu",
    threads: Threads = None,
    seed: Seed = 0,
    resume: Annotated[bool, typer.Option(help="Go on from an earlier run.")] = True,
    start: Annotated[
        Path | None, typer.Option(help="A finished model's folder to go on from, instead of from nothing.")
    ] = None,
) -> None:
    """Make the embedded model again, from artwork to weights. Needs the extras `local` and `train`."""
    if context.invoked_subcommand is not None:
        return
    if work_dir is None or out_dir is None:
        raise typer.BadParameter("--work-dir and --out-dir are needed.", context)
    with _extras():
        from safelight.training.run import train as make
    made = make(
        work_dir=work_dir,
        out_dir=out_dir,
        minutes=minutes,
        finish_by=finish_by.time() if finish_by else None,
        device=device,
        threads=threads,
        resume=resume,
        seed=seed,
        start=start,
    )
    out().print(Text(f"The model is in {made}."))


@train.command()
def lora(
    folder: Annotated[Path, typer.Argument(help="Folder with 5 to 20 pictures and a caption for each.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write, ending in .safetensors.")],
    model: Model = None,
    trigger: Annotated[str, typer.Option(help="Word that calls the style; without one it is always on.")] = "",
    rank: Annotated[int, typer.Option(help="How much can be learnt; 4 to 16 suit most styles.")] = 8,
    minutes: Annotated[float, typer.Option(help="Minutes of computing to spend.", min=0.01)] = 5.0,
    device: Device = "cpu",
    threads: Threads = None,
    seed: Seed = 0,
) -> None:
    """Teach a model a style of your own. Stopped, it goes on when it is started again."""
    with _extras():
        from safelight.training.lora import StyleRecipe, train_style
    recipe = StyleRecipe(minutes=minutes, rank=rank, trigger=trigger.strip())
    made = train_style(folder, output, model=_model(model), recipe=recipe, device=device, threads=threads, seed=seed)
    out().print(Text(f"The style is in {made}; {made.with_suffix('.png')} shows before (above) and after (below)."))


@train.command()
def evaluate(
    work_dir: Annotated[Path, typer.Option(help="Folder for artwork and the recogniser.")],
    out_dir: Annotated[Path, typer.Option(help="Folder for the figures and the sheets.")],
    model: Model = None,
    device: Device = "cpu",
    threads: Threads = None,
) -> None:
    """Measure a sprite model: held-out prompts, colours, agreement, copies, speed."""
    with _extras():
        from safelight.training.evaluate import evaluate as examine
    examine(_model(model), work_dir=work_dir, out_dir=out_dir, device=device, threads=threads)
    out().print(Text(f"The figures are in {out_dir / 'evaluation.json'}."))


def _model(chosen: Path | None) -> Path:
    from safelight.domain.errors import Misconfigured
    from safelight.providers.embedded import embedded_models

    folders = (chosen,) if chosen else embedded_models()
    if not folders or not (folders[0] / "model_index.json").is_file():
        raise Misconfigured(
            f"There is no model in '{chosen}'." if chosen else "The embedded model is not installed.",
            hint="Name a diffusers folder: --model models/sprite.",
        )
    return folders[0]


@contextmanager
def _extras() -> Iterator[None]:
    """Logs begin; a package that is not installed is a complaint with a remedy."""
    from safelight import logs
    from safelight.domain.errors import Misconfigured

    logs.begin(level="info", as_json=False)
    try:
        yield
    except ModuleNotFoundError as error:
        raise Misconfigured(
            f"Training needs the package '{error.name}', which is not installed.",
            hint="Install the extras: pip install -c constraints.txt 'safelight[local,train]'.",
        ) from error
