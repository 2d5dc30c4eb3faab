"""The commands and their options."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from safelight import __version__
from safelight.cli.console import err, out
from safelight.domain.recipe import Sampler

app = typer.Typer(
    name="safelight",
    help="Watch the picture develop, and step in. Begin with: safelight serve",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class Engine(StrEnum):
    """The values of the setting `engine`, without the cost of importing the settings."""

    LOCAL = "local"
    FAKE = "fake"


Config = Annotated[Path | None, typer.Option(help="Settings file; otherwise ./safelight.toml, if there is one.")]
Home = Annotated[Path | None, typer.Option(help="Folder of everything that is kept.")]
EngineOption = Annotated[Engine | None, typer.Option(help="What draws: this machine's models, or a fake.")]
Server = Annotated[str | None, typer.Option(help="Address of a running server, such as http://127.0.0.1:8000.")]


def _version(wanted: bool) -> None:
    if wanted:
        out().print(f"safelight {__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", help="Say which version this is.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Nothing is common but the version."""


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    home: Home = None,
    engine: EngineOption = None,
    config: Config = None,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the studio in the browser.")] = False,
) -> None:
    """Serve the studio and the API."""
    from safelight.cli.serving import run

    run(config=config, open_browser=open_browser, host=host, port=port, home=home, engine=engine)


@app.command()
def generate(
    prompt: Annotated[str, typer.Argument(help="What the picture shows.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File to write; several pictures are numbered.")
    ] = None,
    negative: Annotated[str, typer.Option(help="What the picture should not show.")] = "",
    model: Annotated[str | None, typer.Option(help="Id of a model; see `safelight models`.")] = None,
    steps: Annotated[int | None, typer.Option(help="Denoising steps: more is slower and finer.")] = None,
    guidance: Annotated[float | None, typer.Option(help="How strictly to follow the prompt.")] = None,
    sampler: Annotated[Sampler | None, typer.Option(help="Solver of the reverse diffusion.")] = None,
    seed: Annotated[int | None, typer.Option(help="Same recipe, same seed, same picture.")] = None,
    size: Annotated[str | None, typer.Option(help="Pixels: 256 or 256x384.")] = None,
    count: Annotated[int, typer.Option(help="Pictures to draw, with consecutive seeds.")] = 1,
    server: Server = None,
    engine: EngineOption = None,
    config: Config = None,
) -> None:
    """Draw a picture, here or on a server, and write it to a file. Ctrl-C cancels."""
    from safelight.cli.generating import recipe_of, run

    recipe = recipe_of(
        size=size,
        prompt=prompt,
        negative_prompt=negative,
        model=model,
        steps=steps,
        guidance=guidance,
        sampler=sampler,
        seed=seed,
        count=count,
    )
    run(recipe, output=output, server=server, config=config, engine=engine)


@app.command()
def models(server: Server = None, engine: EngineOption = None, config: Config = None) -> None:
    """List the models that can draw."""
    from safelight.cli.listing import run

    run(server=server, config=config, engine=engine)


@app.command()
def doctor(
    host: Annotated[str | None, typer.Option(help="Address that `serve` would listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port that `serve` would listen on.")] = None,
    home: Home = None,
    engine: EngineOption = None,
    config: Config = None,
) -> None:
    """Look whether everything is in place, and say how to mend what is not. Exit code 1 if something is broken."""
    from safelight.cli.examining import run

    if not run(config=config, host=host, port=port, home=home, engine=engine):
        raise typer.Exit(1)


@app.command()
def train(
    work_dir: Annotated[Path, typer.Option(help="Folder for everything in between; a second run goes on from it.")],
    out_dir: Annotated[Path, typer.Option(help="Folder to write the finished model to.")],
    minutes: Annotated[float, typer.Option(help="Minutes of computing to spend.", min=0.1)] = 105.0,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    threads: Annotated[int | None, typer.Option(help="Processor threads to use.", min=1)] = None,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
    resume: Annotated[bool, typer.Option(help="Go on from an earlier run.")] = True,
) -> None:
    """Make the embedded model again, from artwork to weights. Needs the extras `local` and `train`."""
    from safelight import logs
    from safelight.domain.errors import Misconfigured

    logs.begin(level="info", as_json=False)
    try:
        from safelight.training.run import train as make
    except ModuleNotFoundError as error:
        raise Misconfigured(
            f"Training needs the package '{error.name}', which is not installed.",
            hint="Install the extras: pip install -c constraints.txt 'safelight[local,train]'.",
        ) from error
    made = make(
        work_dir=work_dir, out_dir=out_dir, minutes=minutes, device=device, threads=threads, resume=resume, seed=seed
    )
    out().print(Text(f"The model is in {made}."))


@app.command(hidden=True)
def openapi(
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File to write.")] = None,
) -> None:
    """Write the OpenAPI document; the studio's TypeScript types are made from it."""
    from safelight.web.app import openapi_document

    text = json.dumps(openapi_document(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    if output is None:
        typer.echo(text, nl=False)
        return
    output.write_text(text, encoding="utf-8")
    err().print(Text(f"Wrote {output}."))
