"""Two requests: make a generation, then follow it. The connection is dropped on purpose, and nothing is missed.

python examples/02_follow_and_resume.py [http://127.0.0.1:8000]
"""

import json
import sys
from collections.abc import Iterator

import httpx2

server = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
client = httpx2.Client(base_url=server, timeout=120)


def follow(url: str, after: str) -> Iterator[tuple[str, dict[str, object]]]:
    with client.stream("GET", url, headers={"Last-Event-ID": after}) as answer:
        identity = after
        for line in answer.raise_for_status().iter_lines():
            if line.startswith("id:"):
                identity = line.removeprefix("id:").strip()
            elif line.startswith("data:"):
                yield identity, json.loads(line.removeprefix("data:"))


made = client.post("/api/v1/generations", json={"prompt": "a green frog", "steps": 12}).raise_for_status().json()
last, steps, kind = "0", [], None
while kind not in ("finished", "failed", "cancelled"):
    for identity, event in follow(made["links"]["events"], after=last):
        last, kind = identity, event["kind"]
        if kind == "step":
            steps.append(event["step"])
            if len(steps) % 5 == 0:
                print("connection dropped after event", last)
                break
print("steps seen:", steps)
