"""All image services elsewhere at once, as servers on this machine that speak their protocols.

python upstreams.py: writes one line, the settings that point a server to them, as JSON. Every line that it reads, such
as `openai slow`, says how a service behaves from then on. It ends with its input.
"""

import json
import sys
from contextlib import ExitStack
from io import BytesIO

from PIL import Image, ImageDraw

from tests.upstreams import bedrock, comfyui, google, huggingface, openai, replicate
from tests.upstreams.stage import SECRET, Play, Stage, serving

SIDE = 512


def dusk() -> bytes:
    """A sun over hills, as a PNG."""
    image = Image.new("RGB", (SIDE, SIDE))
    draw = ImageDraw.Draw(image)
    for y in range(SIDE):
        part = y / SIDE
        draw.line((0, y, SIDE, y), fill=(int(40 + 190 * part), int(30 + 90 * part), int(80 - 20 * part)))
    draw.ellipse((296, 196, 416, 316), fill=(255, 214, 150))
    draw.ellipse((-160, 300, 330, 760), fill=(58, 30, 48))
    draw.ellipse((170, 340, 760, 820), fill=(34, 20, 36))
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def main() -> None:
    stages = {name: Stage(picture=dusk()) for name in ("openai", "comfyui", "huggingface", "replicate", "bedrock")}
    stages |= {"google": Stage(picture=dusk())}
    with ExitStack() as up:
        apps = {module.__name__.rpartition(".")[2]: module.app for module in (openai, comfyui, huggingface, replicate)}
        apps |= {"bedrock": bedrock.app, "google": google.app}
        url = {name: up.enter_context(serving(apps[name](stage), stage)).url for name, stage in stages.items()}
        settings = {
            "providers": "openai,azure,comfyui,huggingface,replicate,bedrock,google",
            "openai_url": url["openai"],
            "openai_key": SECRET,
            "azure_endpoint": url["openai"],
            "azure_key": SECRET,
            "azure_deployments": "mine=gpt-image-1.5",
            "comfyui_url": url["comfyui"],
            "comfyui_token": SECRET,
            "huggingface_url": f"{url['huggingface']}/mine",
            "huggingface_token": SECRET,
            "replicate_url": url["replicate"],
            "replicate_token": SECRET,
            "bedrock_endpoint": url["bedrock"],
            "bedrock_key_id": "AKIATEST",
            "bedrock_secret_key": SECRET,
            "google_url": url["google"],
            "vertex_project": "mine",
            "vertex_token": SECRET,
            "provider_first_wait_s": "0.01",
        }
        print(json.dumps({f"SAFELIGHT_{name.upper()}": value for name, value in settings.items()}), flush=True)  # noqa: T201
        for line in sys.stdin:
            name, _, play = line.strip().partition(" ")
            stages[name].play = Play(play)


if __name__ == "__main__":
    main()
