"""`ModelRouter` and local models: one is in memory, from the first call that wants it until it is let go."""

import gc
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from agentic_flow import ModelRouter
from agentic_flow.providers import engine
from tests.providers.toy_model import write_toy_model

HELLO = [{"role": "user", "content": "Hello"}]


@dataclass
class Books:
    """How often a model was loaded, and given back."""

    loaded: int = 0
    closed: int = 0

    @property
    def kept(self) -> tuple[int, int]:
        """How often one was loaded, and how many are in memory."""
        return self.loaded, self.loaded - self.closed


@pytest.fixture
def books(monkeypatch: pytest.MonkeyPatch) -> Books:
    books, load, close = Books(), engine.Loader.load, engine.Model.close

    def loading(self: engine.Loader) -> engine.Model:
        books.loaded += 1
        return load(self)

    def closing(self: engine.Model) -> None:
        books.closed += 1
        close(self)

    monkeypatch.setattr(engine.Loader, "load", loading)
    monkeypatch.setattr(engine.Model, "close", closing)
    return books


@pytest.fixture
def router(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelRouter]:
    """Return a router to two models, `one` and `two`, which say their names."""
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("AGENTIC_FLOW_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two"):
        write_toy_model(tmp_path / "models" / name, [b"I am ", name.encode(), b"."])
    with ModelRouter.from_config() as made:
        yield made


def ask(router: ModelRouter, name: str) -> str:
    return router.chat(provider="onnx", model=name, messages=HELLO, temperature=0).text


def test_a_model_is_loaded_once_for_all_calls_and_one_is_in_memory(router: ModelRouter, books: Books) -> None:
    assert [ask(router, "one") for _ in range(3)] == ["I am one."] * 3
    assert books.kept == (1, 1)

    assert ask(router, "two") == "I am two."
    assert books.kept == (2, 1)

    with router.stream(provider="onnx", model="two", messages=HELLO) as left:
        next(left)
    assert ask(router, "two") == "I am two."
    assert books.kept == (2, 1)


def test_closing_a_router_gives_the_memory_back_and_it_may_be_asked_again(
    router: ModelRouter, books: Books
) -> None:
    with router:
        ask(router, "one")
    assert books.kept == (1, 0)

    assert ask(router, "one") == "I am one."
    assert books.kept == (2, 1)


@pytest.mark.usefixtures("router")
def test_a_router_that_is_dropped_gives_the_memory_back(books: Books) -> None:
    another = ModelRouter.from_config()
    ask(another, "one")
    assert books.kept == (1, 1)

    del another
    gc.collect()

    assert books.kept == (1, 0)


def test_a_router_closed_while_an_answer_is_read_gives_the_memory_back_at_its_end(
    router: ModelRouter, books: Books
) -> None:
    stream = router.stream(provider="onnx", model="one", messages=HELLO, temperature=0)
    words = [next(stream)]
    router.close()
    assert books.kept == (1, 1)

    assert "".join([*words, *stream]) == "I am one."
    assert books.kept == (1, 0)


def test_many_requests_do_not_have_a_second_model_beside_the_kept_one(
    router: ModelRouter, books: Books
) -> None:
    ask(router, "one")

    replies = router.chat_many(
        [{"model": f"onnx/{name}", "messages": HELLO} for name in ("two", "one", "two")]
    )

    assert [reply.text for reply in replies] == ["I am two.", "I am one.", "I am two."]
    assert books.kept[1] == 0


def test_a_fork_loads_a_model_of_its_own(router: ModelRouter) -> None:
    """Threads of the runtime are not inherited, and without them an answer would be waited for in vain."""
    assert ask(router, "one") == "I am one."
    child = os.fork()
    if not child:
        try:
            os._exit(ask(router, "one") != "I am one.")
        finally:
            os._exit(3)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert ask(router, "one") == "I am one."
