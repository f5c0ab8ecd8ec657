"""Drafts and introductions: the model writes, the check decides, the shopper always reads."""

import threading
from typing import Any

import pytest

from config.settings import Settings, WritingSettings
from pipeline.article import Article
from pipeline.models.errors import ModelError, WriterError
from pipeline.models.phrases import Phrases
from pipeline.writing import (
    PLAIN_DESCRIPTIONS_NOTE,
    IntroductionGenerator,
    IntroductionPromptBuilder,
    TruthCheck,
    generator,
)
from pipeline.writing.fallback import opening
from pipeline.writing.generator import tidied

pytestmark = pytest.mark.haystack

COLOURS = ("Black", "White", "Red", "Green", "Blue")
DOCUMENTS = [
    Article(
        id=f"{number:010d}",
        product_code=f"{number:07d}",
        name=f"Model {colour}",
        product_type="Dress",
        colour=colour,
        description="Dress in airy chiffon with long sleeves and a concealed zip at the back.",
    ).to_document()
    for number, colour in enumerate(COLOURS)
]
PROMPT = [
    {"role": "user", "content": "Introduce it."},
    {"role": "assistant", "content": "This black dress"},
]


class Model:
    """A language model that answers what it is told to."""

    context_tokens = 4096

    def __init__(self, answers: Any) -> None:
        self.answers = answers
        self.asked: dict[str, Any] = {}

    def count_tokens(self, messages: list[dict[str, str]]) -> int:
        return 100

    def generate(self, prompts: list[Any], **options: Any) -> list[list[str]]:
        self.asked = options
        if isinstance(self.answers, Exception):
            raise self.answers
        return [list(self.answers) for _ in prompts]


def settings(**writing: Any) -> Settings:
    return Settings.model_construct(writing=WritingSettings(**writing))


def test_a_begun_answer_and_its_continuation_are_one_draft() -> None:
    model = Model([" has long sleeves."])
    written = IntroductionGenerator(settings(), model=model).run([PROMPT])
    assert written == {"drafts": [["This black dress has long sleeves."]], "note": ""}


def test_the_settings_reach_the_model() -> None:
    model = Model([" has long sleeves."])
    stop = threading.Event()
    own = settings(candidates=3, temperature=0.2, seed=11, deadline_s=4, max_new_tokens=50)
    IntroductionGenerator(own, model=model).run([PROMPT], stop)
    assert model.asked == {
        "max_new_tokens": 50,
        "candidates": 3,
        "temperature": 0.2,
        "seed": 11,
        "deadline_s": 4.0,
        "stop": stop,
        "phrases": None,
    }


def test_the_papers_list_gets_all_the_room_that_is_left() -> None:
    model = Model(["1. Model Black - Airy."])
    own = settings(prompt="paper-original", context_tokens=1000)
    written = IntroductionGenerator(own, model=model).run([PROMPT[:1]])
    assert written["drafts"] == [["1. Model Black - Airy."]]
    assert (model.asked["max_new_tokens"], model.asked["candidates"]) == (900, 1)


@pytest.mark.parametrize(
    "answers",
    [
        WriterError("Out of memory.", "Choose a smaller model."),
        WriterError("Too late.", "Raise the deadline."),
        ["", ""],
        ["\x00\x01", "...."],
    ],
    ids=["out of memory", "timeout", "nothing", "no words"],
)
def test_a_writer_that_fails_leaves_a_note_and_no_drafts(answers: Any) -> None:
    prompt = [PROMPT[:1]]
    written = IntroductionGenerator(settings(), model=Model(answers)).run(prompt)
    assert written == {"drafts": [], "note": PLAIN_DESCRIPTIONS_NOTE}


def test_a_missing_model_is_found_out_in_warm_up_and_told_in_run(monkeypatch, caplog) -> None:
    def missing(settings: Settings) -> None:
        raise ModelError("There is no model here.", "Fetch it.")

    monkeypatch.setattr(generator, "load_language_model", missing)
    component = IntroductionGenerator(settings())
    component.warm_up()
    assert "There is no model here." in caplog.text
    assert component.run([PROMPT])["note"] == PLAIN_DESCRIPTIONS_NOTE


def test_a_programming_error_is_not_swallowed() -> None:
    with pytest.raises(KeyError):
        IntroductionGenerator(settings(), model=Model(KeyError("bug"))).run([PROMPT])


@pytest.mark.parametrize(
    ("draft", "tidy"),
    [
        ("This dress is red and airy. It was", "This dress is red and airy."),
        ('"This dress is red and airy."', "This dress is red and airy."),
        ("This dress\nis red and airy. And more here.", "This dress is red and airy."),
        ("A heel of 7.5 cm lifts these red shoes.", "A heel of 7.5 cm lifts these red shoes."),
        ("This dress is red and", "This dress is red and"),
        ("", ""),
    ],
)
def test_a_draft_is_cut_behind_its_first_whole_sentence(draft: str, tidy: str) -> None:
    assert tidied(draft) == tidy


def check(drafts: list[list[str]], count: int = 5) -> list[Any]:
    return TruthCheck().run("an airy dress", DOCUMENTS[:count], drafts)["introductions"]


def test_the_first_true_draft_is_taken() -> None:
    (introduction,) = check(
        [["This silk dress has long sleeves.", "This airy black dress has long sleeves."]], 1
    )
    assert introduction.text == "This airy black dress has long sleeves."
    assert introduction.written_by == "model"
    assert [(p.kind, p.words) for p in introduction.problems] == [("invented", "silk")]


def test_without_a_true_draft_the_articles_own_data_speaks() -> None:
    (introduction,) = check([["This silk dress has long sleeves."]], 1)
    assert introduction.written_by == "fallback"
    assert "chiffon" in introduction.text
    assert [p.words for p in introduction.problems] == ["silk"]


@pytest.mark.parametrize("drafts", [[], [[]], [[], ["x"]], [["", "\x00"]] * 5, [["a"]] * 99])
def test_there_is_exactly_one_introduction_per_document(drafts: list[list[str]]) -> None:
    introductions = check(drafts)
    assert len(introductions) == len(DOCUMENTS)
    for introduction, colour in zip(introductions, COLOURS, strict=True):
        assert colour.lower() in introduction.text.lower()


def test_no_documents_get_no_introductions() -> None:
    assert check([], 0) == []


def test_no_two_introductions_open_alike() -> None:
    openings = [opening(introduction.text) for introduction in check([])]
    assert len(set(openings)) == len(openings)


def test_drafts_that_open_alike_are_told_apart() -> None:
    draft = "This airy dress has long sleeves and a concealed zip at the back."
    introductions = check([[draft]] * 5)
    assert [i.written_by for i in introductions] == ["model", *["fallback"] * 4]
    assert len({opening(i.text) for i in introductions}) == 5


def test_the_papers_list_goes_through_the_same_check() -> None:
    reply = (
        "1. Model White - This airy white dress has long sleeves.\n"
        "2. Model Black - This waterproof black dress has long sleeves.\n"
        "3. Model Gold - This golden dress has long sleeves."
    )
    introductions = TruthCheck(prompt="paper-modified").run("a dress", DOCUMENTS[:3], [[reply]])
    black, white, red = introductions["introductions"]
    assert (white.text, white.written_by) == ("This airy white dress has long sleeves.", "model")
    assert [p.words for p in black.problems] == ["waterproof"]
    assert {black.written_by, red.written_by} == {"fallback"}


def test_the_papers_list_may_be_missing() -> None:
    for drafts in ([], [[]], [[""]]):
        found = TruthCheck(prompt="paper-original").run("a dress", DOCUMENTS, drafts)
        assert len(found["introductions"]) == len(DOCUMENTS)


def test_the_components_survive_a_round_trip() -> None:
    own = Settings(writing=WritingSettings(prompt="paper-original", candidates=4))
    loaded = IntroductionGenerator.from_dict(IntroductionGenerator.from_settings(own).to_dict())
    assert loaded.settings.writing == own.writing
    check_loaded = TruthCheck.from_dict(TruthCheck.from_settings(own).to_dict())
    assert check_loaded.prompt == "paper-original"


def test_an_answer_is_written_from_documents_to_introductions() -> None:
    own = settings(prompt="few-shot")
    prompts = IntroductionPromptBuilder(own).run("an airy dress", DOCUMENTS)["prompts"]
    model = Model([" is made of airy chiffon.", " has long sleeves."])
    written = IntroductionGenerator(own, model=model).run(prompts)
    introductions = TruthCheck().run("an airy dress", DOCUMENTS, written["drafts"])
    texts = [introduction.text for introduction in introductions["introductions"]]
    assert texts[0] == "This black dress is made of airy chiffon."
    assert all(i.written_by == "model" for i in introductions["introductions"])


def test_a_bound_model_may_have_nothing_to_add_to_what_was_begun() -> None:
    own = [Phrases((("in wool",),))]
    written = IntroductionGenerator(settings(), model=Model(["."])).run([PROMPT], phrases=own)
    assert written == {"drafts": [["This black dress."]], "note": ""}
