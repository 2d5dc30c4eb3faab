"""The clients of AUTOMATIC1111 that people have drive the door: webuiapi, and sd-backend-client."""

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import httpx2
import pytest
import webuiapi
from PIL import Image
from sd_backend_client.api.a1111_webservice import A1111Webservice
from sd_backend_client.api.detect import connect_to_backend
from sd_backend_client.api.shared_data.diffusion_params import DiffusionParams
from sd_backend_client.errors import ServerError

from safelight.domain.recipe import Recipe
from safelight.moderation.gate import Gate
from safelight.store.metadata import infotext, read
from tests.way.house import Running
from tests.way.test_moderating import STANDARD, Redness, Turning, encoded, redness
from tests.way.town import Town, town

Serve = Callable[..., Running]
SMALL: dict[str, Any] = {"width": 64, "height": 64, "steps": 2}


def api(server: Running, **more: Any) -> webuiapi.WebUIApi:
    return webuiapi.WebUIApi(baseurl=f"{server.url}/sdapi/v1", sampler="DPM++ 2M", **more)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("town")) as opened:
        yield opened


@pytest.fixture(scope="module")
def client(place: Town) -> webuiapi.WebUIApi:
    return api(place.server, username="whoever", password=place.keys["creator"])


def test_a_picture_and_how_it_was_made(client: webuiapi.WebUIApi) -> None:
    answer = client.txt2img(
        prompt="a red dragon", negative_prompt="blurry, dull", seed=7, cfg_scale=6.5, batch_size=2, n_iter=1,
        sampler_name="DPM++ 2M Karras", **SMALL,
    )  # fmt: skip
    assert [image.size for image in answer.images] == [(64, 64), (64, 64)]
    info = answer.info
    assert (info["all_seeds"], info["seed"], info["sampler_name"], info["steps"]) == ([7, 8], 7, "DPM++ 2M", 2)
    assert info["extra_generation_params"] == {"Schedule type": "Karras"}
    assert info["infotexts"] == [image.info["parameters"] for image in answer.images]
    first = info["infotexts"][0]
    assert first.startswith("a red dragon\nNegative prompt: blurry, dull\nSteps: 2, Sampler: DPM++ 2M, ")
    assert "Schedule type: Karras, CFG scale: 6.5, Seed: 7, Size: 64x64, Model: fake" in first
    assert answer.parameters["prompt"] == "a red dragon" and answer.parameters["seed"] == 7
    told = client.png_info(answer.image)
    assert told.info == first
    recipe = read(base64.b64decode(answer.json["images"][1]))
    assert isinstance(recipe, Recipe) and infotext(recipe) == info["infotexts"][1]


def test_from_an_image_and_under_a_mask(client: webuiapi.WebUIApi) -> None:
    mask = Image.new("L", (64, 64))
    mask.paste(255, (0, 0, 32, 64))
    answer = client.img2img(
        images=[Image.new("RGB", (96, 64), "blue")], mask_image=mask, mask_blur=3, inpainting_mask_invert=1,
        denoising_strength=0.4, prompt="a hat", seed=1, resize_mode=1, **SMALL,
    )  # fmt: skip
    assert answer.info["denoising_strength"] == 0.4 and answer.info["extra_generation_params"] == {"Mask blur": 3}
    assert answer.parameters["init_images"] is None and answer.parameters["mask"] is None
    recipe = read(base64.b64decode(answer.json["images"][0]))
    assert recipe and recipe.mask and recipe.mask.invert and recipe.image and recipe.image.strength == 0.4
    with pytest.raises(RuntimeError, match="Init image not found"):
        client.img2img(images=[], prompt="a hat")


def test_what_there_is(client: webuiapi.WebUIApi) -> None:
    assert client.util_get_model_names() == ["fake"] and client.util_get_current_model() == "fake"
    assert {"Euler a", "DPM++ 2M", "UniPC"} <= set(client.util_get_sampler_names())
    assert client.util_get_scheduler_names() == ["automatic", "exponential", "karras", "uniform"]
    assert [one["name"] for one in client.get_upscalers()] == ["None", "Lanczos", "Nearest"]
    assert client.get_latent_upscale_modes() == [{"name": "Latent"}]
    assert client.get_embeddings() == {"loaded": {}, "skipped": {}}
    assert client.get_loras() == client.get_hypernetworks() == client.get_sd_vae() == client.get_face_restorers() == []
    assert client.get_scripts() == {"txt2img": [], "img2img": []}
    assert client.get_prompt_styles()[0]["name"]
    memory = client.get_memory()
    assert memory["ram"]["total"] > memory["ram"]["used"] > 0 and memory["cuda"]
    assert client.refresh_checkpoints() is None and client.get_cmd_flags()["api"]
    client.util_wait_for_ready(check_interval=0.1)


def test_options_are_the_callers_own(place: Town, client: webuiapi.WebUIApi) -> None:
    assert client.set_options({"sd_model_checkpoint": "fake.safetensors [abc]", "quicksettings": "x"}) is None
    assert client.get_options()["sd_model_checkpoint"] == "fake" and "quicksettings" not in client.get_options()
    assert client.set_options({"sd_model_checkpoint": "nothing"})["detail"].startswith("No model 'nothing'")
    client.set_options({"CLIP_stop_at_last_layers": 2})
    with pytest.raises(RuntimeError, match="clip_skip"):
        client.txt2img(prompt="a", **SMALL)  # The fake has no layers to leave out.
    other = api(place.server, username="", password="")
    other.session.headers["X-API-Key"] = place.keys["stranger"]
    assert other.get_options()["CLIP_stop_at_last_layers"] == 1 and other.txt2img(prompt="a", **SMALL).images
    client.set_options({"CLIP_stop_at_last_layers": 1})


@pytest.mark.parametrize(
    ("wish", "status", "word"),
    [
        ({"sampler_name": "Restart"}, 404, "Sampler not found"),
        ({"scheduler": "Align Your Steps"}, 404, "Scheduler not found"),
        ({"alwayson_scripts": {"ADetailer": {"args": [True, {}]}}}, 422, "always on script ADetailer not found"),
        ({"script_name": "X/Y/Z plot"}, 422, "Script not found"),
        ({"restore_faces": True}, 422, "restore_faces"),
        ({"subseed_strength": 0.5}, 422, "subseed_strength"),
        ({"cfg_scale": 99}, 422, "cfg_scale"),
        ({"steps": 0}, 422, "steps"),
        ({"enable_hr": True}, 422, "hires"),
        ({"prompt": "a <lora:dragons:0.5>"}, 422, "lora"),
        ({"batch_size": 17}, 422, "batch_size"),
        ({"override_settings": {"sd_model_checkpoint": "else"}}, 422, "else"),
    ],
)
def test_what_cannot_be_done_is_said(client: webuiapi.WebUIApi, wish: dict[str, Any], status: int, word: str) -> None:
    with pytest.raises(RuntimeError) as refused:
        client.txt2img(**{"prompt": "a", **SMALL, **wish})
    assert refused.value.args[0] == status and word in refused.value.args[1]


def test_what_asks_for_nothing_is_passed_over(place: Town) -> None:
    body = {
        "prompt": "a cat", "never_heard_of": 1, "eta": 1.0, "steps": "2", "seed": None,
        "alwayson_scripts": {"ADetailer": {"args": [False]}, "ControlNet": {"args": []}}, **SMALL,
    }  # fmt: skip
    answer = httpx2.post(
        f"{place.server.url}/sdapi/v1/txt2img", json=body, auth=("x", place.keys["creator"]), trust_env=False
    )
    assert answer.status_code == 200 and json.loads(answer.json()["info"])["steps"] == 2


def test_enlarging(client: webuiapi.WebUIApi) -> None:
    image = Image.new("RGB", (40, 20), "red")
    assert client.extra_single_image(image, upscaler_1="Lanczos", upscaling_resize=2).image.size == (80, 40)
    fitted = client.extra_single_image(
        image, upscaler_1="Nearest", resize_mode=1, upscaling_resize_w=64, upscaling_resize_h=64
    )
    assert fitted.image.size == (64, 64)
    assert [one.size for one in client.extra_batch_images([image, image], upscaler_1="Lanczos").images] == [
        (80, 40)
    ] * 2
    with pytest.raises(RuntimeError, match="does not enlarge"):
        client.extra_single_image(image, upscaler_1="R-ESRGAN 4x+")


def test_who_does_not_get_in(place: Town) -> None:
    for name, status in (("viewer", 403), ("revoked", 401)):
        with pytest.raises(RuntimeError) as refused:
            api(place.server, username="x", password=place.keys[name]).txt2img(prompt="a", **SMALL)
        assert refused.value.args[0] == status
    url = f"{place.server.url}/sdapi/v1/txt2img"
    stranger = {"Origin": "https://evil.example"}
    sent = httpx2.post(url, json={"prompt": "a"}, auth=("x", place.keys["creator"]), headers=stranger, trust_env=False)
    assert sent.status_code == 403, "a browser would send the password along, whichever page asks"
    assert httpx2.post(url, json={"prompt": "a"}, auth=("x", "else"), trust_env=False).status_code == 401


def test_progress_and_interrupting(serve: Serve) -> None:
    server = serve(seconds_per_step=0.05)
    client = api(server)
    url = f"{server.url}/internal/progress"
    idle = client.get_progress()
    assert (idle["progress"], idle["state"]["job_count"], idle["current_image"]) == (0.0, 0, None)
    with ThreadPoolExecutor(1) as aside:
        body = {"prompt": "a cat", "steps": 100, "force_task_id": "task(7)"}
        drawing = aside.submit(httpx2.post, f"{server.url}/sdapi/v1/txt2img", json=body, timeout=30, trust_env=False)
        while (seen := client.get_progress())["current_image"] is None:
            time.sleep(0.02)
        assert 0 < seen["progress"] < 1 and seen["eta_relative"] > 0
        assert (seen["state"]["sampling_steps"], seen["state"]["job_count"]) == (100, 1)
        assert Image.open(BytesIO(base64.b64decode(seen["current_image"]))).format == "PNG"
        task = httpx2.post(url, json={"id_task": "task(7)"}, trust_env=False).json()
        assert task["active"] and task["live_preview"].startswith("data:image/png;base64,")
        client.interrupt()
        answer = drawing.result().json()
    assert len(answer["images"]) == 1, "what there is when it is interrupted"
    assert httpx2.post(url, json={"id_task": "task(7)"}, trust_env=False).json()["completed"]
    assert not httpx2.post(url, json={"id_task": "task(8)"}, trust_env=False).json()["active"]
    assert client.get_progress()["state"]["job_count"] == 0 and client.skip() is None


def test_what_waits_is_not_drawn_once_it_is_interrupted(serve: Serve) -> None:
    server = serve(seconds_per_step=0.05, running_pictures=1)
    client = api(server)
    answers: list[dict[str, Any]] = []

    def draw() -> None:
        body = {"prompt": "a cat", "steps": 100}
        answers.append(httpx2.post(f"{server.url}/sdapi/v1/txt2img", json=body, timeout=30, trust_env=False).json())

    threads = [threading.Thread(target=draw) for _ in range(2)]
    for thread in threads:
        thread.start()
    while client.get_progress()["state"]["job_count"] < 2 or client.get_progress()["progress"] == 0:
        time.sleep(0.02)
    client.interrupt()
    for thread in threads:
        thread.join()
    assert sorted(len(answer["images"]) for answer in answers) == [0, 1] and server.fake.begun == 1


def test_nothing_that_moderation_refuses_is_shown(serve: Serve) -> None:
    server = serve(gate=STANDARD)
    with pytest.raises(RuntimeError) as refused:
        api(server).txt2img(prompt="a nude woman", **SMALL)
    assert refused.value.args[0] == 422 and server.fake.begun == 0


def test_no_preview_shows_what_moderation_refuses(serve: Serve) -> None:
    server = serve(gate=Gate(pixels=Redness()), provider=Turning, seconds_per_step=0.05)
    client, seen = api(server), []
    with ThreadPoolExecutor(1) as aside:
        drawing = aside.submit(lambda: client.txt2img(prompt="a cat", steps=8))
        while not drawing.done():
            seen.append(api(server).get_progress()["current_image"])
        with pytest.raises(RuntimeError, match="NotAllowed"):
            drawing.result()
    shown = [base64.b64decode(image) for image in seen if image]
    assert shown and all(redness(image) < 0.8 for image in shown)
    with pytest.raises(RuntimeError) as refused:
        client.extra_single_image(Image.open(BytesIO(encoded("red"))), upscaler_1="Lanczos")
    assert refused.value.args[0] == 422


def test_the_other_client(place: Town) -> None:
    service = connect_to_backend(place.server.url, credentials_provider=lambda: ("x", place.keys["creator"]))
    assert isinstance(service, A1111Webservice)
    assert [model.model_name for model in service.get_models()] == ["fake"]
    assert "DPM++ 2M" in {sampler.name for sampler in service.get_samplers()}
    assert service.get_upscalers()[1].name == "Lanczos" and service.get_vae() == []
    assert service.get_scripts().txt2img == [] and service.get_styles()
    wish = DiffusionParams(prompt="a cat", sampler="dpmpp_2m", width=64, height=64, steps=3, seed=5, batch_size=2)
    result = service.submit_txt2img(wish).wait(timeout=20, poll_interval=0.05)
    assert [image.size for image in result.images] == [(64, 64)] * 2 and result.seeds == [5, 6]
    redrawn = wish.model_copy(update={"init_images": [Image.new("RGB", (64, 64), "blue")], "denoising_strength": 0.5})
    assert len(service.submit_img2img(redrawn).wait(timeout=20, poll_interval=0.05).images) == 2
    painted = redrawn.model_copy(update={"mask": Image.new("L", (64, 64), 255)})
    assert len(service.submit_inpaint(painted).wait(timeout=20, poll_interval=0.05).images) == 2
    enlarged = service.submit_upscale(Image.new("RGB", (32, 32), "red"), 64, 64).wait(timeout=20, poll_interval=0.05)
    assert enlarged.images[0].size == (64, 64)
    with pytest.raises(ServerError):
        service.interrogate(Image.new("RGB", (8, 8)))
