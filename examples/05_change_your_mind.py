"""Cancel a generation while it develops. The engine is free again within one step.

python examples/05_change_your_mind.py [http://127.0.0.1:8000]
"""

import json
import sys

import httpx2

server = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
client = httpx2.Client(base_url=server, timeout=120)

wish = {"prompt": "a very detailed map", "steps": 100}
generation = client.post("/api/v1/generations", json=wish).raise_for_status().json()
with client.stream("GET", generation["links"]["events"]) as answer:
    for line in answer.raise_for_status().iter_lines():
        if line.startswith("data:"):
            event = json.loads(line.removeprefix("data:"))
            print(event["kind"], event.get("step", ""))
            if event["kind"] == "step" and event["step"] == 3:
                httpx2.delete(server + generation["links"]["self"]).raise_for_status()
