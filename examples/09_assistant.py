"""What an assistant does: lists the tools, draws, and is told of every step.

pip install mcp && python examples/09_assistant.py [http://127.0.0.1:8000]
"""

import asyncio
import base64
import sys
from pathlib import Path

from mcp import Client

server = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"


async def on_progress(progress: float, total: float | None, message: str | None) -> None:
    print(message)


async def main() -> None:
    async with Client(f"{server}/mcp") as client:
        print("tools:", sorted(tool.name for tool in (await client.list_tools()).tools))
        wish = {"prompt": "an orange cat", "steps": 8, "seed": 2}
        answer = await client.call_tool("generate_image", wish, progress_callback=on_progress)
        for part in answer.content:
            if part.type == "image":
                Path("cat.png").write_bytes(base64.b64decode(part.data))
                print("cat.png:", part.mime_type)


asyncio.run(main())
