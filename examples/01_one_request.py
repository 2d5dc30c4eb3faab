"""One request, answered with the stream itself: every step as it happens, then the picture.

python examples/01_one_request.py [http://127.0.0.1:8000]
"""

import json
import sys

import httpx2

server = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
wish = {"prompt": "a red dragon", "steps": 12, "seed": 7}
headers = {"Accept": "text/event-stream"}

with httpx2.stream("POST", f"{server}/api/v1/generations", json=wish, headers=headers, timeout=120) as answer:
    answer.raise_for_status()
    for line in answer.iter_lines():
        if not line.startswith("data:"):
            continue
        event = json.loads(line.removeprefix("data:"))
        if event["kind"] == "step":
            print(f"step {event['step']} of {event['total']}, noise {event['sigma']:.2f}")
        elif event["kind"] == "finished":
            print("finished:", server + event["pictures"][0]["url"])
        else:
            print(event["kind"])
