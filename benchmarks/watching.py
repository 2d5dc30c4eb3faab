"""What it costs to watch: through a real server, over HTTP, in a process of its own.

    python benchmarks/watching.py [--viewers 1,50,200,500] [--rounds 5] [--engine local] [--json FILE]

1. event streams against answers that wait for the picture, in turns                      (target: at least 0.95)
2. viewers of one generation: whether each sees every step, how far the last is behind the first, processor time
3. the first partial image of the OpenAI door, as a part of all the time, with OpenAI's SDK      (target: below 0.6)
"""

import argparse
import asyncio
import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import httpx2
import openai

TICK = os.sysconf("SC_CLK_TCK")
STEPS, STEP_S = 50, 0.1
"""Of the generation that is watched: ten events a second for each viewer."""
NOBODY_IS_COUNTED = {"SAFELIGHT_RATE_LIMIT": "off", "SAFELIGHT_MEDIA_RATE_LIMIT": "off"}


@dataclass
class Server:
    url: str
    process: subprocess.Popen[bytes]

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def rss(self) -> int:
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def served(engine: str, **settings: str) -> Iterator[Server]:
    """`safelight serve` in a home of its own, once it would start a generation at once."""
    with TemporaryDirectory(prefix="safelight-watching-") as home, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        command = [sys.executable, "-m", "safelight", "serve", "--engine", engine, "--port", str(port)]
        environment = {**os.environ, "SAFELIGHT_HOME": home, **NOBODY_IS_COUNTED, **settings}
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        server = Server(f"http://127.0.0.1:{port}", process)
        try:
            _wait(server)
            yield server
        finally:
            process.terminate()
            process.wait(30)


def _wait(server: Server) -> None:
    for _ in range(1200):
        with suppress(httpx2.HTTPError):
            if httpx2.get(f"{server.url}/ready", trust_env=False).status_code == 200:
                return
        if server.process.poll() is not None:
            raise SystemExit("the server did not start")
        time.sleep(0.1)
    raise SystemExit("the server is not ready after two minutes")


def streamed_against_waited(server: Server, rounds: int) -> dict[str, float]:
    """The same pictures with every event and without any."""
    address = f"{server.url}/api/v1/generations"
    wish = {"prompt": "a red dragon", "steps": 20, "seed": 1}

    def wait(client: httpx2.Client) -> None:
        client.post(address, json=wish, headers={"Prefer": "wait=60"}).raise_for_status()

    def stream(client: httpx2.Client) -> None:
        with client.stream("POST", address, json=wish, headers={"Accept": "text/event-stream"}) as answer:
            kinds = [line for line in answer.iter_lines() if line.startswith("event:")]
        assert kinds[-1] == "event: finished" and len(kinds) > wish["steps"], kinds  # type: ignore[operator]

    timings: dict[str, list[float]] = {"waited": [], "streamed": []}
    with httpx2.Client(timeout=120, trust_env=False) as client:
        for round_ in range(rounds + 1):
            works = [("waited", wait), ("streamed", stream)]
            for name, work in works if round_ % 2 else works[::-1]:
                begin = time.perf_counter()
                work(client)
                if round_:
                    timings[name].append(time.perf_counter() - begin)
    waited, seen = (statistics.median(timings[name]) for name in ("waited", "streamed"))
    return {"waited_s": waited, "streamed_s": seen, "ratio": waited / seen}


@dataclass
class Viewer:
    """One that reads a stream, and when each step came."""

    seen: dict[int, float] = field(default_factory=dict)
    ended: bool = False

    async def watch(self, url: str, path: str) -> None:
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        try:
            request = f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept: text/event-stream\r\n\r\n"
            writer.write(request.encode())
            while line := await reader.readline():
                self._hear(line)
                if self.ended:
                    return
        finally:
            writer.close()

    def _hear(self, line: bytes) -> None:
        if not line.startswith(b"data:"):
            return
        event = json.loads(line.removeprefix(b"data:"))
        if event["kind"] == "step":
            self.seen.setdefault(event["step"], time.perf_counter())
        self.ended = event["kind"] in ("finished", "failed", "cancelled")


async def watched(server: Server, count: int) -> dict[str, float]:
    """One generation and so many viewers."""
    wish = {"prompt": "a red dragon", "steps": STEPS, "seed": 1}
    async with httpx2.AsyncClient(timeout=120, trust_env=False) as client:
        made = (await client.post(f"{server.url}/api/v1/generations", json=wish)).raise_for_status().json()
    viewers, before = [Viewer() for _ in range(count)], server.cpu_s()
    path = urlsplit(made["links"]["events"]).path
    async with asyncio.timeout(600):
        await asyncio.gather(*(viewer.watch(server.url, path) for viewer in viewers))
    complete = sum(len(viewer.seen) == STEPS and viewer.ended for viewer in viewers)
    # The first steps are over before the last viewer is there, and come to it at once.
    lags = [
        viewer.seen[step] - min(one.seen[step] for one in viewers)
        for step in range(STEPS // 2, STEPS + 1)
        for viewer in viewers
        if step in viewer.seen
    ]
    lags.sort()
    return {
        "viewers": count,
        "complete": complete,
        "lag_p50_s": round(statistics.median(lags), 4),
        "lag_p95_s": round(lags[int(len(lags) * 0.95)], 4),
        "cpu_ms_per_1000_events": round((server.cpu_s() - before) / (count * STEPS) * 1e6, 1),
        "rss_mb": round(server.rss() / 1e6),
    }


def first_partial(server: Server, rounds: int) -> dict[str, float]:
    """With OpenAI's own SDK, three partial images."""
    ratios, totals = [], []
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0, timeout=120) as client:
        for round_ in range(rounds + 1):
            begin, first = time.perf_counter(), 0.0
            more = {"steps": 20, "seed": round_}
            for event in client.images.generate(prompt="a cat", stream=True, partial_images=3, extra_body=more):
                if event.type == "image_generation.partial_image" and not first:
                    first = time.perf_counter() - begin
            total = time.perf_counter() - begin
            if round_:
                ratios.append(first / total)
                totals.append(total)
    return {"ratio": statistics.median(ratios), "worst": max(ratios), "total_s": statistics.median(totals)}


def measure(engine: str, viewers: Sequence[int], rounds: int) -> dict[str, Any]:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    result: dict[str, Any] = {"engine": engine, "rounds": rounds}
    with served(engine) as server:
        found = streamed_against_waited(server, rounds)
        result["streamed"] = found
        print(f"waited / streamed: {found['ratio']:.3f}   ({found['streamed_s']:.2f} s; target >= 0.95)", flush=True)
        partial = first_partial(server, rounds)
        result["first_partial"] = partial
        print(
            f"first partial image: after {partial['ratio']:.0%} of the time, {partial['worst']:.0%} at worst"
            f"   ({partial['total_s']:.2f} s; target < 60 %)",
            flush=True,
        )
    with served("fake", SAFELIGHT_FAKE_STEP_S=str(STEP_S)) as server:
        result["viewers"] = []
        for count in viewers:
            seen = asyncio.run(watched(server, count))
            result["viewers"].append(seen)
            _tell(seen)
    return result


def _tell(seen: Mapping[str, float]) -> None:
    milliseconds, cpu = seen["lag_p95_s"] * 1e3, seen["cpu_ms_per_1000_events"]
    print(
        f"{seen['viewers']:5} viewers: {seen['complete']} saw every step; the last behind the first by "
        f"{milliseconds:.0f} ms (p95); {cpu:.0f} ms of a processor per 1000 events",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=("local", "fake"), default="local")
    parser.add_argument("--viewers", default="1,50,200,500")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    result = measure(asked.engine, [int(count) for count in asked.viewers.split(",")], asked.rounds)
    if asked.json:
        asked.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
