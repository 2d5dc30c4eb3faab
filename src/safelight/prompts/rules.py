"""Prompts made better by rule. The same prompt, mode and seed give the same words; doing it twice changes nothing."""

import random
import re
from collections.abc import Mapping, Sequence

from safelight.domain.errors import InvalidRecipe
from safelight.domain.prompting import plain
from safelight.domain.wildcards import NAME
from safelight.domain.words import PROMPT_LIMIT
from safelight.prompts.enhancement import Enhancement, Mode

GENTLE: Mapping[str, str] = {
    word: gentle
    for words, gentle in {
        "gun guns pistol pistols rifle rifles": "water squirter",
        "knife knives dagger daggers": "wooden spoon",
        "sword swords": "magic wand",
        "bomb bombs grenade grenades": "party balloon",
        "blood": "strawberry jam",
        "bloody gory": "splashed with paint",
        "corpse corpses": "sleeping bear",
        "dead": "sleeping",
        "death": "nap time",
        "kill kills killing stab stabs stabbing": "tickling",
        "murder murders": "hide-and-seek",
        "murderer murderers killer killers": "clown",
        "fight fights fighting attack attacks attacking": "playing",
        "war wars battle battles": "snowball game",
        "skull skulls skeleton skeletons": "pumpkin lantern",
        "zombie zombies": "sleepyhead",
        "demon demons devil devils": "little imp",
        "monster monsters": "fluffy creature",
        "vampire vampires": "fruit bat",
        "evil wicked sinister cruel": "cheeky",
        "scary frightening terrifying horrifying creepy": "friendly",
        "horror nightmare nightmares": "bedtime story",
        "angry furious raging": "grumpy",
        "hell": "cosy cave",
        "weapon weapons": "toy",
        "poison venom": "lemonade",
        "gore guts": "confetti",
        "torture": "tickling",
        "cigarette cigarettes cigar": "lollipop",
        "beer wine whisky vodka": "juice",
        "naked nude": "in pyjamas",
    }.items()
    for word in words.split()
}
"""What frightens, and what stands in for it."""

_KEPT = rf"\\.|__{NAME}__"
_WORDS = "|".join(sorted(GENTLE, key=len, reverse=True))
_FRIGHTENING = re.compile(rf"{_KEPT}|\b(?:(?P<article>an?) )?(?P<word>{_WORDS})\b", re.IGNORECASE)
_ASKING = re.compile(
    r"^(?:(?:please|(?:can|could) you|(?:i|we) (?:want|would like|need)|(?:draw|paint|make|create|generate|show)"
    r"(?: (?:me|us))?|an? (?:picture|image|drawing|painting|illustration|sprite|icon|photo) of)\b[\s,:]*)+",
    re.IGNORECASE,
)
_THANKING = re.compile(r"[\s,.!]{0,9}\b(?:please|thank you|thanks)\b[\s,.!]{0,9}$", re.IGNORECASE)

SPRITE_STYLES = ("noto style", "flat style", "twemoji style")
FRIENDLY = ("cute", "friendly", "cheerful", "cuddly")
DETAILS: Mapping[str, Sequence[str]] = {
    "light": ("soft natural light", "golden hour light", "dramatic side light", "soft studio light"),
    "composition": ("rule of thirds", "centred composition", "wide shot", "close-up"),
    "finish": ("sharp focus", "fine texture", "rich colours", "highly detailed"),
}
DETAILED_NEGATIVE = "blurry, low quality, jpeg artefacts, watermark, text"
FRIENDLY_NEGATIVE = "scary, violent, blood, weapons, dark"


class Rules:
    """The enhancer that every server has."""

    async def enhance(self, prompt: str, *, mode: Mode, seed: int = 0) -> Enhancement:
        return enhanced(prompt, mode=mode, seed=seed)


def enhanced(prompt: str, *, mode: Mode, seed: int) -> Enhancement:
    """See `Enhancer.enhance`."""
    chance = random.Random(f"{mode} {seed}")
    better, negative = prompt.strip(), ""
    changes: list[str] = []
    match mode:
        case Mode.SPRITE:
            better, changes = _as_sprite(better, chance)
        case Mode.CHILD_FRIENDLY:
            better, changes = gentled(better)
            better, added = _with_one(better, "mood", FRIENDLY, chance)
            changes += added
            negative = FRIENDLY_NEGATIVE
        case Mode.DETAILED:
            for kind, words in DETAILS.items():
                better, added = _with_one(better, kind, words, chance)
                changes += added
            negative = DETAILED_NEGATIVE
    if len(better) > PROMPT_LIMIT:
        raise InvalidRecipe(
            f"The better prompt would have more than {PROMPT_LIMIT:,} characters.",
            hint="Shorten the prompt.",
            fields={"prompt": "is too long to be enhanced"},
        )
    return Enhancement(prompt=better, negative_prompt=negative, changes=tuple(changes), original=prompt, by="rules")


def gentled(prompt: str) -> tuple[str, list[str]]:
    """The prompt with what frightens replaced, and what was done."""
    replaced: dict[str, str] = {}

    def gentle(found: re.Match[str]) -> str:
        if found["word"] is None:
            return found[0]
        word = found["word"].lower()
        replaced[word] = GENTLE[word]
        if not found["article"]:
            return GENTLE[word]
        return f"{found['article'][0]}{'n' if GENTLE[word][0] in 'aeiou' else ''} {GENTLE[word]}"

    return _FRIGHTENING.sub(gentle, prompt), [f"'{word}' became '{instead}'." for word, instead in replaced.items()]


def _as_sprite(prompt: str, chance: random.Random) -> tuple[str, list[str]]:
    bare = prompt
    while bare != (barer := _THANKING.sub("", _ASKING.sub("", bare))):
        bare = barer
    if not bare:
        return prompt, []
    changes = [] if bare == prompt else ["Took out the words that only ask for a picture."]
    better, added = _with_one(bare, "style", SPRITE_STYLES, chance)
    return better, changes + added


def _with_one(prompt: str, kind: str, words: Sequence[str], chance: random.Random) -> tuple[str, list[str]]:
    """The prompt with one of the words behind it, unless it has one of them already."""
    # Drawn in any case, so that what is there already does not change what else is added.
    chosen = words[int(chance.random() * len(words))]
    read = plain(prompt).lower()
    if any(re.search(rf"\b{re.escape(word)}\b", read) for word in words):
        return prompt, []
    return f"{prompt.rstrip(' ,')}, {chosen}", [f"Added the {kind} '{chosen}'."]
