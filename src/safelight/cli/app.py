"""The commands and their options."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from safelight import __version__
from safelight.cli.access import keys, workspaces
from safelight.cli.console import err, out
from safelight.cli.leaving import users
from safelight.cli.terminal import Show
from safelight.cli.training import train
from safelight.domain.recipe import Sampler

app = typer.Typer(
    name="safelight",
    help="Watch the picture develop, and step in. Begin with: safelight serve",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(train, name="train")
app.add_typer(keys, name="keys")
app.add_typer(users, name="users")
app.add_typer(workspaces, name="workspaces")


class Engine(StrEnum):
    """The values of the setting `engine`, without the cost of importing the settings."""

    LOCAL = "local"
    FAKE = "fake"
    RAY = "ray"


class Better(StrEnum):
    """The modes of enhancement, without the cost of importing them."""

    SPRITE = "sprite"
    CHILD_FRIENDLY = "child_friendly"
    DETAILED = "detailed"


Config = Annotated[Path | None, typer.Option(help="Settings file; otherwise ./safelight.toml, if there is one.")]
Home = Annotated[Path | None, typer.Option(help="Folder of everything that is kept.")]
EngineOption = Annotated[Engine | None, typer.Option(help="What draws: this machine's models, a fake, or Ray.")]
AsJson = Annotated[bool, typer.Option("--json", help="Tell it to a program: one JSON object a line.")]
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
def mcp(
    server: Server = None,
    home: Home = None,
    engine: EngineOption = None,
    config: Config = None,
) -> None:
    """Draw for an assistant: the Model Context Protocol over standard input and output."""
    from safelight.cli.assisting import run

    run(server=server, config=config, home=home, engine=engine)


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
    style: Annotated[list[str] | None, typer.Option(help="Id of a style; may be given several times.")] = None,
    enhance: Annotated[Better | None, typer.Option(help="Make the prompt better first.")] = None,
    clip_skip: Annotated[int, typer.Option(help="Layers of the text encoder to leave out.")] = 0,
    count: Annotated[int, typer.Option(help="Pictures to draw, with consecutive seeds.")] = 1,
    image: Annotated[Path | None, typer.Option(help="Image to develop from.")] = None,
    strength: Annotated[float | None, typer.Option(help="How far to go from it: 0 to 1.")] = None,
    mask: Annotated[Path | None, typer.Option(help="White is drawn anew, black is kept; needs --image.")] = None,
    prompt_image: Annotated[Path | None, typer.Option(help="Image that says what to draw.")] = None,
    lora: Annotated[list[str] | None, typer.Option(help="Id and weight, like pixel-art:0.8; several times.")] = None,
    inject: Annotated[
        list[str] | None, typer.Option(help="Noise: pattern, steps, strength, like circle@5-8:0.5; several times.")
    ] = None,
    show: Annotated[Show, typer.Option(help="How the terminal shows the picture developing.")] = Show.AUTO,
    as_json: AsJson = False,
    server: Server = None,
    engine: EngineOption = None,
    config: Config = None,
) -> None:
    """Draw a picture, here or on a server, and write it to a file. Ctrl-C cancels."""
    from safelight.cli import wishes
    from safelight.cli.generating import recipe_of, run
    from safelight.cli.progress import failing

    with failing(as_json=as_json):
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
            styles=tuple(style or ()),
            clip_skip=clip_skip,
            loras=wishes.loras(lora or ()),
            injections=wishes.injections(inject or ()),
            **wishes.starting(image=image, strength=strength, mask=mask),
            **wishes.prompted(prompt_image),
        )
        where: dict[str, Any] = {"output": output, "server": server, "config": config, "engine": engine}
        run(recipe, enhance=enhance, show=show, as_json=as_json, **where)


models = typer.Typer(help="List the models; add and remove some.")
app.add_typer(models, name="models", invoke_without_command=True)


@models.callback()
def every_model(
    context: typer.Context, server: Server = None, engine: EngineOption = None, config: Config = None
) -> None:
    """List the models, here or on a server; or add and remove some."""
    if context.invoked_subcommand is None:
        list_models(server=server, engine=engine, config=config)


@models.command("list")
def list_models(server: Server = None, engine: EngineOption = None, config: Config = None) -> None:
    """List the models, and those that can be added by their name."""
    from safelight.cli.listing import run

    run(server=server, config=config, engine=engine)


@models.command()
def add(
    source: Annotated[
        str, typer.Argument(help="Folder, .safetensors file, owner/name on the Hugging Face hub, or a listed id.")
    ],
    id: Annotated[str | None, typer.Option(help="What to call it; otherwise as it is called there.")] = None,
    layout: Annotated[
        str | None, typer.Option(help="Of a file that is not told right: sd21-base, for example.")
    ] = None,
    home: Home = None,
    server: Server = None,
    config: Config = None,
) -> None:
    """Add a model. What has to be downloaded can be stopped with Ctrl-C and gone on with by adding it again."""
    from safelight.cli.shelving import add as run

    run(source, id=id, layout=layout, server=server, config=config, home=home)


@models.command()
def remove(
    id: Annotated[str, typer.Argument(help="Id of a model that was added.")],
    home: Home = None,
    server: Server = None,
    config: Config = None,
) -> None:
    """Forget a model that was added. Its files stay where they are."""
    from safelight.cli.shelving import remove as run

    run(id, server=server, config=config, home=home)


cluster = typer.Typer(help="Several servers and engines together.", no_args_is_help=True)
app.add_typer(cluster, name="cluster")


@cluster.callback()
def every_cluster() -> None:
    """Several servers and engines together."""


@cluster.command()
def up(
    model: Annotated[str | None, typer.Option(help="Folder of the model; `sprite` or `fake` otherwise.")] = None,
    servers: Annotated[int, typer.Option(min=1, max=16, help="Servers, each on a port of its own.")] = 2,
    engines: Annotated[int, typer.Option(min=1, max=16, help="Replicas of the engine on Ray.")] = 2,
    database: Annotated[str | None, typer.Option(help="PostgreSQL that is there; otherwise one is started.")] = None,
    redis: Annotated[str | None, typer.Option(help="Redis that is there; otherwise one is started.")] = None,
    s3: Annotated[
        str | None, typer.Option(help="S3 server with a bucket `safelight`; otherwise one in memory is started.")
    ] = None,
    port: Annotated[int, typer.Option(help="Port of the first server; 0 takes free ones.")] = 8000,
    home: Home = None,
    config: Config = None,
) -> None:
    """Try a cluster on this machine: servers, engines on Ray, PostgreSQL, Redis, a bucket. Ctrl-C ends all of it."""
    from safelight.cli.clustering import run

    options = {"model": model, "servers": servers, "engines": engines, "port": port}
    run(home=home, config=config, database=database, redis=redis, s3=s3, **options)


store = typer.Typer(help="Look after what is kept.", no_args_is_help=True)
app.add_typer(store, name="store")


@store.callback()
def every_store() -> None:
    """Look after what is kept."""


@store.command()
def clean(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    home: Home = None,
    config: Config = None,
) -> None:
    """Take away files that no picture knows, and pictures whose file is gone. A server may run meanwhile."""
    from safelight.cli.keeping import clean as run

    run(dry_run=dry_run, config=config, home=home)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Tar file to write; nothing is written over.")],
    home: Home = None,
    config: Config = None,
) -> None:
    """Write everything that is kept into one file. The server may go on meanwhile."""
    from safelight.cli.keeping import back_up as run

    run(file, config=config, home=home)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="What `safelight backup` wrote.")],
    home: Home = None,
    config: Config = None,
) -> None:
    """Bring back what a backup holds, into an empty home; the database may be another one."""
    from safelight.cli.keeping import restore as run

    run(file, config=config, home=home)


@app.command()
def doctor(
    host: Annotated[str | None, typer.Option(help="Address that `serve` would listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port that `serve` would listen on.")] = None,
    home: Home = None,
    engine: EngineOption = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Look whether everything is in place, and say how to mend what is not. Exit code 1 if something is broken."""
    from safelight.cli.examining import run

    if not run(config=config, as_json=as_json, host=host, port=port, home=home, engine=engine):
        raise typer.Exit(1)


@app.command()
def bench(
    server: Server = None,
    model: Annotated[str | None, typer.Option(help="Id of a model; otherwise the default one.")] = None,
    steps: Annotated[int, typer.Option(min=2, max=150, help="Steps of each picture.")] = 20,
    pictures: Annotated[int, typer.Option(min=2, max=32, help="Pictures at once.")] = 4,
    rounds: Annotated[int, typer.Option(min=1, max=100, help="More are slower and steadier.")] = 3,
    engine: EngineOption = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Measure how well this installation draws, here or on a server: ratios, which machines can be compared by."""
    from safelight.cli.benching import run

    where: dict[str, Any] = {"server": server, "config": config, "engine": engine}
    run(model=model, steps=steps, pictures=pictures, rounds=rounds, as_json=as_json, **where)


@app.command()
def examine(
    file: Annotated[Path, typer.Argument(help="PNG, JPEG or WebP file.")], home: Home = None, config: Config = None
) -> None:
    """Say what a picture tells of its origin: recipe, content credentials, invisible mark."""
    from safelight.cli.telling import run

    run(file, config=config, home=home)


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
