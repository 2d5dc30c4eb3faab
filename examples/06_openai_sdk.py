"""OpenAI's own SDK, with another base URL: partial images while the picture develops, then the picture.

pip install openai && python examples/06_openai_sdk.py [http://127.0.0.1:8000] [key]
"""

import base64
import sys
from pathlib import Path

from openai import OpenAI

server = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
key = sys.argv[2] if len(sys.argv) > 2 else "none"

with OpenAI(base_url=f"{server}/v1", api_key=key) as client:
    stream = client.images.generate(
        prompt="a red dragon",
        background="transparent",
        quality="low",
        stream=True,
        partial_images=2,
        extra_body={"seed": 7},
    )
    for event in stream:
        name = "dragon.png"
        if event.type == "image_generation.partial_image":
            name = f"dragon-{event.partial_image_index}.png"
        Path(name).write_bytes(base64.b64decode(event.b64_json))
        print(event.type, "->", name)
