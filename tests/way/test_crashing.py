"""A server that is killed again and again loses nothing, doubles nothing and leaves nothing lying about.

`python -m tests.way.crashing` is the same with two hundred generations and twenty kills.
"""

from pathlib import Path

import pytest

from tests.way.crashing import drill

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
async def test_every_generation_is_drawn_once_however_often_the_server_is_killed(tmp_path: Path, database: str) -> None:
    url = None if database.startswith("sqlite") else database
    figures = await drill(tmp_path, generations=12, kills=3, database=url, seed=3)
    assert figures.pictures == 24
    assert figures.went_on > 0, "no generation was under way when the server was killed"
