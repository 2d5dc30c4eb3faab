"""Wait for the picture and save it. The recipe is inside the file.

python examples/03_wait_and_save.py [http://127.0.0.1:8000] [folder]
"""

import sys
from pathlib import Path

import httpx2

server = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
folder = Path(sys.argv[2] if len(sys.argv) > 2 else ".")
client = httpx2.Client(base_url=server, timeout=120)

wish = {"prompt": "a small castle", "steps": 12, "seed": 3}
answer = client.post("/api/v1/generations", json=wish, headers={"Prefer": "wait=60"}).raise_for_status()
for picture in answer.json()["pictures"]:
    file = folder / f"{picture['id']}.png"
    file.write_bytes(client.get(picture["url"]).raise_for_status().content)
    print("saved", file, f"{picture['width']}x{picture['height']}", "seed", picture["seed"])
