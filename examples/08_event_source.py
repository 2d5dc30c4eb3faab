"""What the streaming demo's page did with an `EventSource`: one GET, a frame for every step, `[DONE]`.

python examples/08_event_source.py [http://127.0.0.1:8000]
"""

import base64
import json
import sys
from pathlib import Path

import httpx2

server = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
query = {"prompt": "a small castle", "steps": "10"}

with httpx2.stream("GET", f"{server}/api/generate", params=query, timeout=120) as answer:
    for line in answer.raise_for_status().iter_lines():
        if not line.startswith("data: "):
            continue
        data = line.removeprefix("data: ")
        if data == "[DONE]":
            print("done: castle.jpg")
            break
        frame = json.loads(data)
        Path("castle.jpg").write_bytes(base64.b64decode(frame["image"]))
        print(f"{frame['progress']} %")
