"""Recipes out of pictures that other programs made, as those programs write them."""

import json
import struct
import time
import zlib
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, PngImagePlugin

from safelight.domain.picture import Origin
from safelight.domain.recipe import Recipe, Sampler, Schedule
from safelight.store import metadata
from safelight.store.decoding import opened
from safelight.store.metadata import Found
from tests.store.making import png, recipe

KNOWN = ("dream", "sprite", "Fur", "Owner/Name")


def found(data: bytes) -> Found:
    with opened(data) as image:
        return metadata.found(image, known=KNOWN)


def with_texts(**texts: str) -> bytes:
    info = PngImagePlugin.PngInfo()
    for name, text in texts.items():
        info.add_text(name, text) if text.isascii() else info.add_itxt(name, text)
    out = BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG", pnginfo=info)
    return out.getvalue()


def of_a1111(text: str) -> tuple[Recipe, tuple[str, ...]]:
    answer = found(with_texts(parameters=text))
    assert answer.origin is Origin.A1111
    assert answer.recipe is not None
    return answer.recipe, answer.notes


SETTINGS = "Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6.5, Seed: 7, Size: 512x768, Model: dream"


def test_a1111_as_it_is_written_today() -> None:
    got, notes = of_a1111(f"a red dragon, (fire:1.2)\nNegative prompt: blurry, text\n{SETTINGS}, Version: v1.10.1")
    assert got == Recipe(
        prompt="a red dragon, (fire:1.2)",
        negative_prompt="blurry, text",
        steps=20,
        sampler=Sampler.DPMPP_2M,
        schedule=Schedule.KARRAS,
        guidance=6.5,
        seed=7,
        width=512,
        height=768,
        model="dream",
    )
    assert notes == ()


TRICKY = [
    ("one line\nand another\n\nand a third", "also\nof two"),
    ('a sign that says "Steps: 5, Sampler: none"', 'no "quotes", no: colons'),
    ("Steps: 3, then a door, a hall: dark", ""),
    ("first\nSteps: 12, Sampler: Euler, Seed: 1\nlast", "Steps: 9"),
    ("Model: dream, Size: 4x4, Seed: 9", "x, y: z, w: v"),
    ("time: 12:30, ratio 16:9", ""),
    ("日本の城, café", "ぼやけ"),
    ("trailing comma,", "(bad:1.4), [worse]"),
]


@pytest.mark.parametrize(("prompt", "negative"), TRICKY)
def test_a1111_with_prompts_that_look_like_something_else(prompt: str, negative: str) -> None:
    text = f"{prompt}\nNegative prompt: {negative}\n{SETTINGS}" if negative else f"{prompt}\n{SETTINGS}"
    got, notes = of_a1111(text)
    assert (got.prompt, got.negative_prompt, got.seed, got.width, notes) == (prompt, negative, 7, 512, ())


def test_a1111_with_more_than_a_recipe_holds() -> None:
    got, notes = of_a1111(
        "a cat <lora:fur:0.8> asleep <lora:unknown:1>\n"
        "Steps: 20, Sampler: DPM++ SDE Karras, CFG scale: 7, Seed: 1, Size: 513x512, Model hash: 1234, "
        'Model: mine, VAE: good.vae, Clip skip: 2, ADetailer prompt: "a, b: c", Lora hashes: "fur: 12", '
        "Hires upscale: 2, Hires steps: 10, Hires upscaler: 4x-UltraSharp, Denoising strength: 0.4, RNG: CPU"
    )
    assert (got.prompt, got.model, got.clip_skip, got.width) == ("a cat  asleep", None, 1, None)
    assert (got.sampler, got.schedule) == (Sampler.DPMPP_SDE, Schedule.KARRAS)
    assert [(lora.id, lora.weight) for lora in got.loras] == [("Fur", 0.8)]
    assert got.hires is not None
    assert (got.hires.scale, got.hires.strength, got.hires.steps, got.hires.upscale) == (2, 0.4, 10, "lanczos")
    assert notes == (
        "Hires upscaler: 4x-UltraSharp",
        "VAE: good.vae",
        "ADetailer prompt: a, b: c",
        "RNG: CPU",
        "model: mine, which is not installed here",
        "LoRA: unknown at 1.0, which is not installed here",
        "width: 513",
    )


def test_a1111_with_other_samplers_and_without_a_prompt() -> None:
    got, notes = of_a1111("x\nSteps: 20, Sampler: Restart, Schedule type: Beta, Seed: -1, CFG scale: seven")
    assert (got.sampler, got.schedule, got.seed, got.guidance) == (None, None, None, None)
    assert notes == ("sampler: Restart", "schedule: Beta", "guidance: seven", "seed: -1")
    answer = found(with_texts(parameters="Steps: 20, Sampler: Euler, Seed: 1"))
    assert (answer.origin, answer.recipe) == (Origin.A1111, None)
    assert answer.notes == ("There is no prompt, and a recipe needs one.",)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
@pytest.mark.parametrize("encoding", ["utf-16-be", "utf-16-le"])
def test_a1111_in_exif(kind: str, encoding: str) -> None:
    exif = Image.Exif()
    text = f"a drágon, 竜\n{SETTINGS}"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = b"UNICODE\0" + text.encode(encoding)
    out = BytesIO()
    Image.new("RGB", (8, 8)).save(out, kind, exif=exif)
    answer = found(out.getvalue())
    assert answer.recipe is not None
    assert (answer.origin, answer.recipe.prompt, answer.recipe.seed) == (Origin.A1111, "a drágon, 竜", 7)


def test_models_are_known_again_by_what_they_are_called_elsewhere() -> None:
    for name, expected in (
        ("Dream", "dream"),
        ("SD15\\dream.safetensors", "dream"),
        ("models/dream.ckpt", "dream"),
        ("owner/name", "Owner/Name"),
        ("other/name", None),
        ("dream2", None),
    ):
        got, notes = of_a1111(f"x\nSteps: 20, Model: {name}, Seed: 1")
        assert got.model == expected
        assert bool(notes) == (expected is None)


def node(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs}


SIMPLE = {
    "3": node(
        "KSampler", seed=5, steps=25, cfg=7.5, sampler_name="dpmpp_2m", scheduler="karras", denoise=1.0,
        model=["10", 0], positive=["6", 0], negative=["7", 0], latent_image=["5", 0],
    ),
    "4": node("CheckpointLoaderSimple", ckpt_name="SD15\\dream.safetensors"),
    "5": node("EmptyLatentImage", width=512, height=768, batch_size=1),
    "6": node("CLIPTextEncode", text='a "red": dragon\nof two lines', clip=["10", 1]),
    "7": node("CLIPTextEncode", text="blurry", clip=["10", 1]),
    "8": node("VAEDecode", samples=["3", 0], vae=["4", 2]),
    "9": node("SaveImage", filename_prefix="x", images=["8", 0]),
    "10": node("LoraLoader", lora_name="fur.safetensors", strength_model=0.5, strength_clip=1, model=["4", 0]),
}  # fmt: skip


def of_comfyui(graph: dict[str, Any]) -> Found:
    answer = found(with_texts(prompt=json.dumps(graph), workflow='{"nodes": []}'))
    assert answer.origin is Origin.COMFYUI
    return answer


def test_comfyui_follows_the_links_of_the_sampler() -> None:
    answer = of_comfyui(SIMPLE)
    assert answer.recipe == Recipe.model_validate(
        {
            "prompt": 'a "red": dragon\nof two lines',
            "negative_prompt": "blurry",
            "seed": 5,
            "steps": 25,
            "guidance": 7.5,
            "sampler": "dpmpp_2m",
            "schedule": "karras",
            "width": 512,
            "height": 768,
            "model": "dream",
            "loras": [{"id": "Fur", "weight": 0.5}],
        }
    )
    assert answer.notes == ()


def test_comfyui_with_several_passes_texts_from_elsewhere_and_control() -> None:
    graph = SIMPLE | {
        "6": node("CLIPTextEncode", text=["20", 0]),
        "20": node("PrimitiveStringMultiline", value="from elsewhere"),
        "21": node("ControlNetApplyAdvanced", positive=["6", 0], negative=["7", 0], control_net=["22", 0]),
        "22": node("ControlNetLoader", control_net_name="canny"),
        "3": node(
            "KSampler", seed=["23", 0], steps=25, cfg=7.5, sampler_name="ddpm", scheduler="sgm_uniform", denoise=0.7,
            model=["4", 0], positive=["21", 0], negative=["21", 1], latent_image=["24", 0],
        ),
        "23": node("Seed", seed=99),
        "24": node("VAEEncode", pixels=["25", 0]),
        "25": node("LoadImage", image="cat.png"),
        "30": node("LatentUpscale", samples=["3", 0], width=1024, height=1536),
        "31": node("KSampler", seed=1, steps=9, cfg=2, model=["4", 0], positive=["7", 0], latent_image=["30", 0]),
        "8": node("VAEDecode", samples=["31", 0], vae=["4", 2]),
    }  # fmt: skip
    answer = of_comfyui(graph)
    assert answer.recipe is not None
    assert (answer.recipe.prompt, answer.recipe.negative_prompt, answer.recipe.seed) == ("from elsewhere", "blurry", 99)
    assert answer.notes == (
        "1 more passes over the picture",
        "sampler: ddpm",
        "schedule: sgm_uniform",
        "denoise: 0.7",
        "It began with another picture.",
        "ControlNetApplyAdvanced: a control network",
    )


def test_comfyui_with_a_guider() -> None:
    graph = {
        "1": node("SamplerCustomAdvanced", noise=["2", 0], guider=["3", 0], sampler=["4", 0], sigmas=["5", 0],
                  latent_image=["6", 0]),
        "2": node("RandomNoise", noise_seed=42),
        "3": node("BasicGuider", model=["7", 0], conditioning=["8", 0]),
        "4": node("KSamplerSelect", sampler_name="euler"),
        "5": node("BasicScheduler", scheduler="normal", steps=4, denoise=1, model=["7", 0]),
        "6": node("EmptySD3LatentImage", width=["11", 0], height=1024, batch_size=1),
        "7": node("UNETLoader", unet_name="flux1-schnell.safetensors"),
        "8": node("FluxGuidance", guidance=3.5, conditioning=["9", 0]),
        "9": node("CLIPTextEncodeFlux", clip_l="short", t5xxl="a long text", guidance=3.5),
        "10": node("PreviewImage", images=["12", 0]),
        "11": node("PrimitiveInt", value=768),
        "12": node("VAEDecode", samples=["1", 0]),
    }  # fmt: skip
    answer = of_comfyui(graph)
    assert answer.recipe is not None
    got = answer.recipe
    assert (got.prompt, got.seed, got.steps, got.sampler, got.schedule, got.width, got.height) == (
        "a long text", 42, 4, Sampler.EULER, Schedule.MODEL, 768, 1024,
    )  # fmt: skip
    assert answer.notes == ("model: flux1-schnell.safetensors, which is not installed here",)


@pytest.mark.parametrize(
    "graph",
    [
        {"1": node("KSampler", latent_image=["1", 0], positive=["1", 0], model=["1", 0], seed=["1", 0])},
        {"1": node("A", images=["2", 0]), "2": node("SaveImage", images=["1", 0])},
        {"1": node("KSampler", latent_image=["nowhere", 0], positive=[["a"], {}], model=7, seed={"a": 1})},
        {"1": node("SaveImage", images=["2", 0]), "2": 7, "3": {"inputs": []}},
    ],
)
def test_a_graph_that_leads_nowhere_or_in_circles_gives_no_recipe(graph: dict[str, Any]) -> None:
    answer = of_comfyui(graph)
    assert answer.recipe is None
    assert answer.notes


def test_invokeai() -> None:
    document = {
        "app_version": "5.6.0",
        "generation_mode": "txt2img",
        "positive_prompt": "a red dragon",
        "negative_prompt": "blurry",
        "width": 512,
        "height": 768,
        "seed": 9,
        "cfg_scale": 7.5,
        "steps": 30,
        "scheduler": "dpmpp_2m_k",
        "clip_skip": 1,
        "model": {"key": "1", "hash": "x", "name": "Dream", "base": "sd-1", "type": "main"},
        "loras": [{"model": {"name": "fur"}, "weight": 0.7}, {"lora": {"model_name": "gone"}, "weight": 1}],
        "vae": {"name": "good vae"},
        "strength": 0.6,
        "controlnets": [],
    }
    answer = found(with_texts(invokeai_metadata=json.dumps(document)))
    assert answer.origin is Origin.INVOKEAI
    assert answer.recipe is not None
    got = answer.recipe
    assert (got.prompt, got.negative_prompt, got.width, got.height) == ("a red dragon", "blurry", 512, 768)
    assert (got.seed, got.guidance, got.steps, got.clip_skip) == (9, 7.5, 30, 1)
    assert (got.sampler, got.schedule, got.model) == (Sampler.DPMPP_2M, Schedule.KARRAS, "dream")
    assert [(lora.id, lora.weight) for lora in got.loras] == [("Fur", 0.7)]
    assert answer.notes == ("vae: good vae", "strength: 0.6", "LoRA: gone at 1, which is not installed here")


def test_our_own_comes_back_whole_without_the_images_that_it_refers_to() -> None:
    plain = recipe("a cat", loras=[{"id": "Fur"}])
    assert found(metadata.embed(png(), plain)) == Found(Origin.SAFELIGHT, plain)
    image = f"img_{'0' * 64}"
    worked = recipe("a cat", image={"image": image}, mask={"image": image}, prompt_image={"image": image})
    answer = found(metadata.embed(png(), worked))
    assert answer.recipe == recipe("a cat")
    assert [note.partition(":")[0] for note in answer.notes] == ["image", "mask", "prompt_image"]


@pytest.mark.parametrize(
    "texts",
    [
        {},
        {"parameters": "only a text"},
        {"parameters": ""},
        {"prompt": "not json"},
        {"prompt": "[]"},
        {"prompt": "[" * 100_000},
        {"prompt": "{}"},
        {"invokeai_metadata": "{}"},
        {"invokeai_metadata": '{"a": 1'},
        {"safelight": '{"version": 1, "recipe": {}}'},
        {"Title": "a holiday"},
    ],
)
def test_a_picture_that_says_nothing_is_of_unknown_origin(texts: dict[str, str]) -> None:
    assert found(with_texts(**texts)) == Found(Origin.UNKNOWN)


plain_text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60).map(str.strip)
lines = st.lists(plain_text, min_size=1, max_size=3).map("\n".join).map(str.strip)
settled = st.builds(
    Recipe,
    prompt=lines.filter(bool).filter(lambda text: "Negative prompt:" not in text and "<lora:" not in text),
    negative_prompt=lines,
    model=st.just("dream"),
    steps=st.integers(1, 200),
    guidance=st.sampled_from([0.0, 1.0, 6.5, 7.25, 50.0]),
    sampler=st.sampled_from(Sampler),
    schedule=st.sampled_from([Schedule.KARRAS, Schedule.EXPONENTIAL]),
    seed=st.integers(0, 2**32 - 1),
    width=st.integers(2, 512).map(lambda side: side * 8),
    height=st.integers(2, 512).map(lambda side: side * 8),
)


@settings(max_examples=150, deadline=None)
@given(settled)
def test_whatever_we_write_is_read_back_by_both_readers(wish: Recipe) -> None:
    data = metadata.embed(png(width=8, height=8), wish)
    assert found(data) == Found(Origin.SAFELIGHT, wish)
    # What other tools see, without our own text.
    got, notes = of_a1111(metadata.infotext(wish))
    assert (got, notes) == (wish, ())


NAMES = "inputs images positive latent_image model 1 2 seed text class_type loras scheduler name".split()
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | plain_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=15,
)


@settings(max_examples=100, deadline=None)
@given(json_values, st.sampled_from(["prompt", "invokeai_metadata", "safelight"]))
def test_no_json_breaks_a_reader(value: Any, name: str) -> None:
    more = {"positive_prompt": value} if name == "invokeai_metadata" else {}
    document = {**value, **more} if isinstance(value, dict) else value
    assert found(with_texts(**{name: json.dumps(document)})).origin


@pytest.mark.parametrize(
    "text",
    ["a" * 60_000, "a" + " " * 60_000, "a: " * 20_000, 'a: "' * 15_000, "<lora:" * 10_000 + "\n" + SETTINGS,
     "<lora:a:" + "1" * 60_000 + "\n" + SETTINGS, f"{SETTINGS}\n" + "\n".join(map(str, range(10_000))), "x" * 2**20],
)  # fmt: skip
def test_no_text_takes_for_ever(text: str) -> None:
    begun = time.perf_counter()
    answer = found(with_texts(parameters=text))
    assert time.perf_counter() - begun < 10
    assert len(answer.notes) <= 64


def test_no_depth_is_too_deep() -> None:
    for depth in range(850, 1010, 5):
        value = "[" * depth + "]" * depth
        for texts in ({"invokeai_metadata": f'{{"positive_prompt": "x", "a": {value}}}'}, {"safelight": value}):
            assert found(with_texts(**texts)).origin in (Origin.INVOKEAI, Origin.UNKNOWN)


def test_no_graph_takes_for_ever() -> None:
    wide = {f"n{n}": node("Wide", **{f"i{m}": [f"n{(n + m) % 600}", 0] for m in range(200)}) for n in range(600)}
    end = node("KSampler", latent_image=["n0", 0], positive=["n0", 0], model=["n0", 0], sigmas=["n0", 0])
    begun = time.perf_counter()
    assert of_comfyui(wide | {"end": end}).recipe is None
    assert time.perf_counter() - begun < 10


def test_a_text_that_unpacks_to_too_much_is_refused() -> None:
    from safelight.domain.errors import UnusableImage

    body = b"parameters\0\0" + zlib.compress(b"x" * (80 * 2**20), 9)
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    data = png(width=8, height=8)
    with pytest.raises(UnusableImage):
        found(data[:33] + chunk + data[33:])


def noted(data: bytes) -> str:
    with Image.open(BytesIO(data)) as image:
        image.load()
        return str(image.info) + str(dict(image.getexif()))


def test_stripping_leaves_the_pixels_and_nothing_else() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Orientation] = "secret camera", 6
    source = Image.linear_gradient("L").resize((32, 24)).convert("RGB")
    for kind, options in (("PNG", {}), ("JPEG", {"comment": b"secret words"}), ("WEBP", {"xmp": b"<secret/>"})):
        out = BytesIO()
        info = PngImagePlugin.PngInfo()
        info.add_text("parameters", "secret prompt")
        more = {"pnginfo": info} if kind == "PNG" else options
        source.save(out, kind, exif=exif, icc_profile=b"a profile", **more)
        before = out.getvalue()
        assert b"secret" in before
        after = metadata.stripped(before, f"image/{kind.lower()}")
        assert b"secret" not in after
        assert "a profile" in noted(after)
        with Image.open(BytesIO(before)) as one, Image.open(BytesIO(after)) as other:
            assert one.tobytes() == other.tobytes()
            if kind == "JPEG":
                assert other.getexif() == {ExifTags.Base.Orientation: 6}
