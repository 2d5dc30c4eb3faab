"""Two wishes at once. Their steps share the model's forward passes, so the second costs less than the first.

python examples/04_two_at_once.py [http://127.0.0.1:8000]
"""

import asyncio
import sys
import time

import httpx2

server = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"


async def draw(client: httpx2.AsyncClient, prompt: str, steps: int) -> None:
    begun = time.monotonic()
    wish = {"prompt": prompt, "steps": steps}
    answer = await client.post("/api/v1/generations", json=wish, headers={"Prefer": "wait=60"})
    state = answer.raise_for_status().json()["state"]
    print(f"{prompt}: {state} after {time.monotonic() - begun:.1f} s")


async def main() -> None:
    async with httpx2.AsyncClient(base_url=server, timeout=120) as client:
        await asyncio.gather(draw(client, "a blue fish", 12), draw(client, "an orange cat", 20))


asyncio.run(main())
