"""The cases of the behavioural tests, written for this project in the manner of CheckList (Ribeiro et al. 2020).

Every case is a text that is clearly praise or blame, whatever film it is about. The words of a template would give
thousands of cases; a hash selects some of them, the same on every machine.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sentiment_pipeline.data.reviews.split import position

SUITE = 1
"""The number of the suite. It grows whenever a case changes, because pass rates of two suites cannot be compared."""

CASES_PER_TEMPLATE = 30
"""At most; a template with few words has fewer cases."""

_DRAWS = 2 * CASES_PER_TEMPLATE

Side = Literal["praise", "blame"]
Test = Literal["MFT", "INV", "DIR"]

_THINGS = ("film", "story", "acting", "ending", "dialogue", "script", "music", "plot", "cast", "direction")
_ADJECTIVES: Mapping[Side, Sequence[str]] = {
    "praise": (
        "good",
        "great",
        "wonderful",
        "brilliant",
        "funny",
        "beautiful",
        "superb",
        "memorable",
        "moving",
        "charming",
    ),
    "blame": ("bad", "terrible", "awful", "boring", "dull", "dreadful", "bland", "pointless", "forgettable", "tedious"),
}
_VERBS: Mapping[Side, Sequence[str]] = {
    "praise": ("loved", "enjoyed", "admired", "adored"),
    "blame": ("hated", "disliked", "regretted", "endured"),
}
_OPPOSITE: Mapping[Side, Side] = {"praise": "blame", "blame": "praise"}
_MORE = ("very", "really", "truly", "utterly", "so", "incredibly", "completely")
_LESS = ("somewhat", "slightly", "a little", "kind of")
_PEOPLE = (
    "Amara Okafor",
    "Ahmed Hassan",
    "Anna Kowalska",
    "Carlos Mendoza",
    "Chen Wei",
    "Emily Clark",
    "Fatima Zahra",
    "Hiroshi Tanaka",
    "James Miller",
    "Lakshmi Iyer",
    "Moshe Levi",
    "Svetlana Orlova",
)
_PLACES = (
    "Paris",
    "Lagos",
    "Mumbai",
    "Texas",
    "Moscow",
    "Tokyo",
    "Mexico City",
    "Cairo",
    "Berlin",
    "Brooklyn",
    "Beirut",
    "Oslo",
)
_REMARKS = (
    "We saw it on a Tuesday.",
    "It runs for two hours.",
    "My sister came along.",
    "The book came out first.",
    "There is a train in it.",
)
_VERDICTS: Mapping[Side, Sequence[str]] = {
    "praise": (
        "I loved every minute of it.",
        "It is wonderful.",
        "A great film.",
        "Highly recommended, simply brilliant.",
    ),
    "blame": ("I hated every minute of it.", "It is awful.", "A terrible film.", "A waste of time, simply boring."),
}


@dataclass(frozen=True)
class Case:
    """A text, and its variant if the test compares two."""

    text: str
    side: Side
    """The sentiment of the text; in a DIR case, the side towards which the change must push."""
    variant: str = ""
    """The changed text of an INV or DIR case."""


@dataclass(frozen=True)
class Template:
    """Cases that differ only in the words that are filled in."""

    form: str
    side: Side
    cases: tuple[Case, ...]


@dataclass(frozen=True)
class Capability:
    """A group of templates that test the same, and how."""

    name: str
    test: Test
    """MFT, minimum functionality: the model predicts the side. INV, invariance: text and variant get the same label.
    DIR, directional expectation: the variant does not move the prediction away from the side."""
    expectation: str
    templates: tuple[Template, ...]
    tolerance: float = 0.0
    """In DIR cases, by how much a probability may move in the wrong direction."""


def suite() -> tuple[Capability, ...]:
    """All capabilities, in the order in which they are shown."""
    return (
        Capability("vocabulary", "MFT", "plain praise and blame are recognised", _vocabulary()),
        Capability("negation", "MFT", "a negated word counts for the other side", _negation()),
        Capability("intensifiers", "DIR", "'very' makes the prediction stronger, 'slightly' weaker", _intensifiers()),
        Capability("names", "INV", "another person's name changes no label", _names()),
        Capability("places", "INV", "another place changes no label", _places()),
        Capability("typos", "INV", "two letters of one word swapped change no label", _typos()),
        Capability(
            "additions",
            "DIR",
            "added praise or blame does not move the prediction in the other direction",
            _additions(),
            0.1,
        ),
    )


def _vocabulary() -> tuple[Template, ...]:
    found = []
    for side, words in _ADJECTIVES.items():
        found += [
            _template(side, "The {thing} is {word}.", thing=_THINGS, word=words),
            _template(side, "Such a {word} {thing}!", thing=_THINGS, word=words),
            _template(side, "I {word} the {thing}.", thing=_THINGS, word=_VERBS[side]),
        ]
    return tuple(found)


def _negation() -> tuple[Template, ...]:
    forms = (
        "The {thing} is not {word}.",
        "The {thing} isn't {word} at all.",
        "The {thing} was never {word}.",
        "I did not find the {thing} {word}.",
        "Nothing about the {thing} is {word}.",
        "I don't think that the {thing} is {word}.",
    )
    return tuple(
        _template(_OPPOSITE[side], form, thing=_THINGS, word=words)
        for side, words in _ADJECTIVES.items()
        for form in forms
    )


def _intensifiers() -> tuple[Template, ...]:
    plain, more, less = (f"The {{thing}} is {word}." for word in ("{word}", "{more} {word}", "{less} {word}"))
    found = []
    for side, words in _ADJECTIVES.items():
        degrees = {"thing": _THINGS, "word": words, "more": _MORE, "less": _LESS}
        found += [_template(side, plain, more, **degrees), _template(_OPPOSITE[side], more, less, **degrees)]
    return tuple(found)


def _names() -> tuple[Template, ...]:
    forms = (
        "With {name} in the lead, the {thing} is {word}.",
        "{name} directed this, and I found the {thing} {word}.",
        "The part of {name} is {word}.",
    )
    return _swapped(forms, _PEOPLE)


def _places() -> tuple[Template, ...]:
    forms = (
        "It was shot in {name}, and the {thing} is {word}.",
        "A family in {name}. The {thing} is {word}.",
        "I saw it in {name}. It is {word}.",
    )
    return _swapped(forms, _PLACES)


def _swapped(forms: Sequence[str], names: Sequence[str]) -> tuple[Template, ...]:
    """Texts whose variant has another name."""
    return tuple(
        _template(side, form, form.replace("{name}", "{other}"), name=names, other=names, thing=_THINGS, word=words)
        for side, words in _ADJECTIVES.items()
        for form in forms
    )


def _typos() -> tuple[Template, ...]:
    form = "{remark} The {thing} is {word}. I {verb} it."
    found = []
    for side, words in _ADJECTIVES.items():
        whole = _template(side, form, remark=_REMARKS, thing=_THINGS, word=words, verb=_VERBS[side])
        cases = tuple(Case(case.text, side, misspelt(case.text)) for case in whole.cases)
        found.append(Template(form, side, cases))
    return tuple(found)


def _additions() -> tuple[Template, ...]:
    form = "{remark} The {thing} is {word}."
    everything = tuple(word for words in _ADJECTIVES.values() for word in words)
    return tuple(
        _template(
            side, form, form + " {verdict}", remark=_REMARKS, thing=_THINGS, word=everything, verdict=_VERDICTS[side]
        )
        for side in _ADJECTIVES
    )


def misspelt(text: str) -> str:
    """The text with two inner letters of a word swapped; a hash of the text selects the letters."""
    words = text.split(" ")
    candidates = [
        (place, inner)
        for place, word in enumerate(words)
        for inner in range(1, len(word) - 2)
        if word[inner : inner + 2].isalpha() and word[inner] != word[inner + 1]
    ]
    place, inner = candidates[int(position(text, "typo") * len(candidates))]
    word = words[place]
    words[place] = word[:inner] + word[inner + 1] + word[inner] + word[inner + 2 :]
    return " ".join(words)


def _template(side: Side, form: str, variant: str = "", **words: Sequence[str]) -> Template:
    """Fill in words selected by a hash, the same on every machine."""
    found: dict[Case, None] = {}
    for number in range(_DRAWS):
        filling = {
            slot: choices[int(position(f"{form} {side} {slot} {number}", "behaviour") * len(choices))]
            for slot, choices in words.items()
        }
        case = Case(form.format(**filling), side, variant.format(**filling))
        if case.text != case.variant:
            found[case] = None
    return Template(variant or form, side, tuple(found)[:CASES_PER_TEMPLATE])
