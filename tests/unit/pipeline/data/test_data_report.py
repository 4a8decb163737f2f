"""The report on the reviews, before anything is trained on them."""

from random import Random

import pytest

from sentiment_pipeline.data.inspection.data_report import Duplicate, leaks, repeated, side, summary
from sentiment_pipeline.data.inspection.duplicates import NEAR, Pair, normalised, similar_pairs
from sentiment_pipeline.data.inspection.oddities import oddities
from sentiment_pipeline.data.reviews.review import Review
from sentiment_pipeline.data.sample.generator import sample_rows

SAMPLE = [row["text"] for row in sample_rows(400, seed=9)]


def shingles(text: str) -> set[tuple[str, ...]]:
    words = normalised(text).split()
    return {tuple(words[place : place + 5]) for place in range(len(words) - 4)}


def edited(text: str, changes: int, random: Random) -> str:
    words = text.split()
    for place in random.sample(range(len(words)), changes):
        words[place] = "elsewhere"
    return " ".join(words)


def test_case_punctuation_and_breaks_do_not_make_another_text() -> None:
    assert normalised("It's GOOD,<br />really - good!") == "it's good really good"
    assert similar_pairs(["A good film.", "Another one", "a good film"]) == [Pair(0, 2, 1.0)]


def test_near_duplicates_are_those_that_comparing_all_pairs_finds() -> None:
    random = Random(4)
    texts = [*SAMPLE, *(edited(text, changes, random) for text in SAMPLE[:60] for changes in (1, 3))]
    sets = [shingles(text) for text in texts]
    expected = {}
    for first in range(len(texts)):
        for second in range(first + 1, len(texts)):
            union = sets[first] | sets[second]
            similarity = len(sets[first] & sets[second]) / len(union) if union else 0.0
            if similarity >= NEAR:
                expected[first, second] = similarity
    found = {(pair.first, pair.second): pair.similarity for pair in similar_pairs(texts)}
    assert len(expected) > 60
    assert found == pytest.approx(expected)


def test_many_copies_are_counted_once_each_and_a_common_phrase_is_no_duplicate() -> None:
    spam = [f"Buy the very best films of the year at our shop today for {price} only" for price in range(100)]
    pairs = similar_pairs(["the same text again and again"] * 50 + spam)
    assert sum(pair.similarity == 1.0 for pair in pairs) == 49
    assert {pair.second for pair in pairs if pair.similarity < 1.0} >= set(range(51, 150))
    common = [f"this is one of the worst {word} {word} {word} {word} {word} {word} {word}" for word in "abcdefgh"]
    assert similar_pairs(common) == []


def test_texts_without_a_shingle_are_no_near_duplicates() -> None:
    assert similar_pairs(["", "good", "bad", "a b c d", "a b c e"]) == []
    assert similar_pairs([]) == []


def review(number: int, text: str, label: str = "positive", group: str = "") -> Review:
    return Review(str(number), text, label, group or str(number))


def test_held_out_reviews_that_training_has_seen_are_counted_by_the_way_they_got_there() -> None:
    long = "one two three four five six seven eight nine ten eleven twelve"
    train = [review(1, "The same."), review(2, "Nearly the same"), review(3, long), review(4, "x", group="film")]
    test = [
        review(5, "The same."),
        review(6, "nearly THE same!"),
        review(7, long + " thirteen"),
        review(8, "y", group="film"),
        review(9, "Something else."),
    ]
    pairs = similar_pairs([r.text for r in (*train, *test)])
    assert leaks(train, test, pairs) == {
        "same_group": 1,
        "same_text": 1,
        "same_normalised": 2,
        "near_duplicate": 1,
        "share": 4 / 5,
    }
    assert leaks(train, test[4:], similar_pairs([r.text for r in (*train, *test[4:])]))["share"] == 0.0


def test_a_side_is_described_by_its_labels_groups_and_lengths() -> None:
    reviews = [
        review(1, "a b c", "good", "x"),
        review(2, "a", "good", "x"),
        review(3, "a b", "good"),
        review(4, "a b", "bad"),
    ]
    found = side(reviews, [Duplicate("train", "3", "4", 1.0, False)])
    assert found["labels"] == {"bad": 1, "good": 3}
    assert found["imbalance"] == 3.0
    assert (found["groups"], found["largest_group"]) == (3, 2)
    assert (found["words"]["min"], found["words"]["median"], found["words"]["max"]) == (1.0, 2.0, 3.0)
    assert found["duplicates"] == {"normalised": 1, "near": 0, "other_label": 1}


def test_repeated_rows_are_counted_letter_by_letter_and_by_words() -> None:
    assert repeated(["A film.", "A film.", "a film", "b", "\ud800"]) == {"exact": 1, "normalised": 2}


GERMAN = (
    "Der Film war leider viel zu lang und die Handlung ergab keinen Sinn, aber wenigstens war die Musik schön und"
    " niemand im Saal ist dabei eingeschlafen, nicht einmal mein kleiner Bruder."
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("A film about cafÃ© life", "mojibake"),
        ("It isnâ€™t good", "mojibake"),
        ("It is lost \ufffd here", "mojibake"),
        ("Good.<br /><br />Really", "html_tags"),
        ("Tom &amp; Jerry, it&#39;s good", "html_entities"),
        ("A \x00 film it is", "control_characters"),
        ("Windows' own \x96 dash", "control_characters"),
        ("Half \ud83d an emoji", "lone_surrogates"),
        ("See https://example.org/x for more", "links"),
        ("Отличный фильм, всем советую", "not_latin"),
        ("Good.", "short"),
        (GERMAN, "unlike_the_rest"),
    ],
)
def test_an_odd_text_is_counted_under_what_is_odd_about_it(text: str, kind: str) -> None:
    clean = [sentence.replace("<br />", " ") for sentence in SAMPLE]
    assert {name: count for name, count in oddities([*clean, text]).items() if count} == {kind: 1}


@pytest.mark.parametrize(
    "text", ["Ångström naïve café, 5 < 6 > 4 & more", "\u201cQuoted\u201d \u2014 3 \u20ac, really good", "a\tb\nc d"]
)
def test_plain_texts_are_not_odd(text: str) -> None:
    assert not any(oddities([text]).values())


def test_the_summary_counts_oddities_and_leaks() -> None:
    report = {
        "raw": {"rows": 9, "oddities": {"mojibake": 2, "links": 0}, "duplicates": {"exact": 1, "normalised": 3}},
        "leakage": {"same_group": 0, "same_text": 0, "same_normalised": 1, "near_duplicate": 1, "share": 0.25},
    }
    rows, leaking = summary(report)
    assert rows == "9 raw rows: 3 repeat another; oddities: 2 mojibake"
    assert leaking.startswith("held-out reviews that also occur in training: 25.00 % (same group 0, same text 0,")
