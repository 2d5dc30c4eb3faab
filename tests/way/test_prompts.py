"""Prompts over HTTP: styles and lots in recipes, enhancement, and a look before drawing."""

from typing import Any

import httpx2
import pytest

from safelight.domain.recipe import Recipe
from safelight.domain.wildcards import DEPTH_LIMIT
from safelight.prompts.words import BUILT_IN
from tests.way.reader import GENERATIONS
from tests.way.test_submitting import assert_problem

pytestmark = pytest.mark.anyio
ENHANCEMENTS, ANALYSIS = "/api/v1/prompts/enhancements", "/api/v1/prompts/analysis"


async def test_a_recipe_keeps_what_is_drawn_and_what_was_asked_for(client: httpx2.AsyncClient) -> None:
    asked = {"prompt": "a __colour__ cat", "styles": ["noto"], "seed": 5, "steps": 2}
    first = (await client.post(GENERATIONS, json=asked)).json()["recipe"]
    assert first["prompt"] in [f"a {colour} cat, noto style" for colour in BUILT_IN["colour"]]
    assert (first["prompt_template"], first["negative_template"]) == ("a __colour__ cat", "")
    again = (await client.post(GENERATIONS, json=first)).json()["recipe"]
    assert again == first
    plain = (await client.post(GENERATIONS, json={"prompt": "a cat", "steps": 2})).json()["recipe"]
    assert plain["prompt_template"] is None


async def test_the_same_key_draws_its_lots_once(client: httpx2.AsyncClient) -> None:
    asked = {"prompt": "a __colour__ __animal__ __food__", "steps": 2}
    answers = [(await client.post(GENERATIONS, json=asked, headers={"Idempotency-Key": "k"})).json() for _ in range(3)]
    assert len({answer["id"] for answer in answers}) == 1


@pytest.mark.parametrize(
    ("recipe", "field", "hint"),
    [
        ({"prompt": "a __colr__"}, "prompt", "__colour__"),
        ({"prompt": "a", "negative_prompt": "__colr__"}, "negative_prompt", "__colour__"),
        ({"prompt": "a", "styles": ["ntoo"]}, "styles", "noto"),
        ({"prompt": "{1$$" * (DEPTH_LIMIT + 1) + "a" + "}" * (DEPTH_LIMIT + 1)}, "prompt", "itself"),
        ({"prompt": "a", "styles": "noto"}, "styles", ""),
    ],
    ids=str,
)
async def test_what_cannot_be_drawn_is_refused(
    recipe: dict[str, Any], field: str, hint: str, client: httpx2.AsyncClient
) -> None:
    problem = assert_problem(await client.post(GENERATIONS, json=recipe), 422)
    assert field in [fault["field"] for fault in problem["errors"]]
    assert hint in problem["hint"]


async def test_presets_list_styles_and_words(client: httpx2.AsyncClient) -> None:
    presets = (await client.get("/api/v1/presets")).json()
    noto = next(style for style in presets["styles"] if style["id"] == "noto")
    assert noto["suits"] == "sprite"
    assert "{prompt}" in noto["prompt"]
    assert {"colour", "animal", "mood"} <= set(presets["wildcards"])


async def test_a_prompt_is_made_better_and_stays_so(client: httpx2.AsyncClient) -> None:
    wish = {"prompt": "Please draw a scary (dragon:1.2)", "mode": "child_friendly", "seed": 3}
    better = (await client.post(ENHANCEMENTS, json=wish)).json()
    assert better["original"] == wish["prompt"]
    assert "friendly (dragon:1.2)" in better["prompt"]
    assert better["changes"]
    assert (better["by"], better["notice"]) == ("rules", None)
    again = (await client.post(ENHANCEMENTS, json={**wish, "prompt": better["prompt"]})).json()
    assert (again["prompt"], again["changes"]) == (better["prompt"], [])


async def test_a_look_says_where_weights_stand_and_what_is_missing(client: httpx2.AsyncClient) -> None:
    question = {"prompt": r"a (red \(:1.5) cat [x] __colr__", "negative_prompt": "one two"}
    look = (await client.post(ANALYSIS, json=question)).json()
    assert look["prompt"]["spans"] == [
        {"start": 3, "end": 9, "weight": 1.5},
        {"start": 20, "end": 21, "weight": pytest.approx(1 / 1.1)},
    ]
    assert look["prompt"]["unknown_wildcards"] == ["colr"]
    assert (look["prompt"]["tokens"], look["prompt"]["limit"], look["prompt"]["chunks"]) == (6, 75, 1)
    assert look["negative_prompt"]["tokens"] == 2


@pytest.mark.parametrize("path", [ENHANCEMENTS, ANALYSIS])
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{}", 422),
        (b'{"prompt": 5}', 422),
        (b'{"prompt": "a", "propmt": 1}', 422),
        (b'{"prompt": "' + b"x" * 10_001 + b'"}', 422),
        (b'{"prompt": "' + b"x" * 300_000 + b'"}', 413),
        (b"[", 400),
    ],
    ids=["empty", "number", "unknown", "long", "huge", "broken"],
)
async def test_bad_bodies_are_refused(path: str, body: bytes, status: int, client: httpx2.AsyncClient) -> None:
    headers = {"Content-Type": "application/json"}
    assert_problem(await client.post(path, content=body, headers=headers), status)


async def test_an_unknown_model_or_mode_is_named(client: httpx2.AsyncClient) -> None:
    assert_problem(await client.post(ANALYSIS, json={"prompt": "a", "model": "nobody"}), 422)
    problem = assert_problem(await client.post(ENHANCEMENTS, json={"prompt": "a", "mode": "louder"}), 422)
    assert "mode" in [fault["field"] for fault in problem["errors"]]


def test_a_recipe_of_before_has_no_styles() -> None:
    assert Recipe.model_validate_json('{"prompt": "a cat"}').styles == ()
