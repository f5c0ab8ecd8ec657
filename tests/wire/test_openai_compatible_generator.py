"""Introductions from an OpenAI-compatible server, over real HTTP on loopback."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from haystack import Document
from pydantic import SecretStr

from config.settings import Settings, WriterServerSettings, WritingSettings
from pipeline.article import Article
from pipeline.models.errors import WriterError
from pipeline.writing import (
    PLAIN_DESCRIPTIONS_NOTE,
    IntroductionGenerator,
    IntroductionPromptBuilder,
    TruthCheck,
)
from pipeline.writing.server import NO_KEY, ServerLanguageModel

SECRET = "sk-never-shown"
PROMPT = [
    {"role": "user", "content": "Introduce a red dress."},
    {"role": "assistant", "content": "This red dress"},
]
Answer = Callable[[BaseHTTPRequestHandler, dict[str, Any]], None]


class Server:
    """A tiny chat completions server: `answer` decides, `requests` keeps what came in."""

    def __init__(self) -> None:
        self.answer: Answer = completions("is airy.")
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.requests.append({"path": self.path, **json.loads(body)})
                outer.headers.append({k.lower(): v for k, v in self.headers.items()})
                outer.answer(self, outer.requests[-1])

            def log_message(self, *args: object) -> None:
                """Keep the test output quiet."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


def send(handler: BaseHTTPRequestHandler, status: int, body: str, **headers: str) -> None:
    data = body.encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


def completions(*texts: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        choices = [
            {
                "index": index,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": text},
            }
            for index, text in enumerate(texts)
        ]
        body = {
            "id": "c",
            "object": "chat.completion",
            "created": 1,
            "model": request["model"],
            "choices": choices,
        }
        send(handler, 200, json.dumps(body))

    return answer


def failing(status: int, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        send(handler, status, json.dumps({"error": {"message": f"internals {SECRET}"}}), **headers)

    return answer


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


def settings(url: str, **writing: Any) -> Settings:
    return Settings.model_construct(
        writing=WritingSettings(
            backend="server",
            server=WriterServerSettings(url=url, model="stylist", api_key=SecretStr(SECRET)),
            **writing,
        ),
    )


def generate(url: str, prompts: Any = (PROMPT,), **options: Any) -> list[list[str]]:
    model = ServerLanguageModel(settings(url).writing)
    asked = {"candidates": 1, "temperature": 0.5, "seed": 7, "deadline_s": 20.0, "stop": None}
    return model.generate(list(prompts), max_new_tokens=40, **{**asked, **options})


def test_the_request_says_what_the_settings_say(server: Server) -> None:
    server.answer = completions("one", "two")
    assert generate(server.url, candidates=2) == [["one", "two"]]
    (request,) = server.requests
    assert request["path"] == "/v1/chat/completions"
    assert request["model"] == "stylist"
    assert request["messages"] == PROMPT
    assert (request["n"], request["max_tokens"], request["seed"]) == (2, 40, 7)
    assert request["temperature"] == 0.5
    assert not request.get("stream")
    assert server.headers[0]["authorization"] == f"Bearer {SECRET}"


def test_a_begun_answer_is_continued(server: Server) -> None:
    generate(server.url)
    assert server.requests[0]["continue_final_message"] is True
    assert server.requests[0]["add_generation_prompt"] is False
    generate(server.url, [PROMPT[:1]])
    assert "continue_final_message" not in server.requests[1]


def test_without_a_key_the_client_sends_a_dummy(server: Server) -> None:
    writing = WritingSettings(
        backend="server", server=WriterServerSettings(url=server.url, model="m")
    )
    ServerLanguageModel(writing).generate(
        [PROMPT], max_new_tokens=8, candidates=1, temperature=0, seed=0, deadline_s=20, stop=None
    )
    assert server.headers[0]["authorization"] == f"Bearer {NO_KEY}"


def test_answers_come_in_the_order_of_the_prompts(server: Server) -> None:
    def echo(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        completions(request["messages"][0]["content"])(handler, request)

    server.answer = echo
    prompts = [[{"role": "user", "content": f"number {n}"}] for n in range(6)]
    assert generate(server.url, prompts) == [[f"number {n}"] for n in range(6)]


@pytest.mark.parametrize(
    ("answer", "problem", "mend"),
    [
        (failing(401), "refuses the key", "LOOKBOOK__WRITING__SERVER__API_KEY"),
        (failing(403), "refuses the key", "LOOKBOOK__WRITING__SERVER__API_KEY"),
        (failing(404), "no model 'stylist'", "writing.server.model"),
        (failing(429, Retry_After="12"), "too many requests", "in 12 s"),
        (failing(429), "too many requests", "later"),
        (failing(500), "status 500", "log"),
        (failing(503), "status 503", "log"),
    ],
    ids=["401", "403", "404", "429 with Retry-After", "429", "500", "503"],
)
def test_a_refusal_is_one_sentence_and_a_mend(
    server: Server, answer: Answer, problem: str, mend: str
) -> None:
    server.answer = answer
    with pytest.raises(WriterError) as raised:
        generate(server.url)
    assert problem in raised.value.problem
    assert mend in raised.value.mend
    assert SECRET not in str(raised.value)
    assert len(server.requests) == 1


def test_a_slow_server_is_not_waited_for(server: Server) -> None:
    released = threading.Event()

    def slow(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        released.wait(30)

    server.answer = slow
    with pytest.raises(WriterError, match="did not answer within"):
        generate(server.url, deadline_s=0.3)
    released.set()


def test_the_deadline_holds_for_all_prompts_together(server: Server) -> None:
    def unhurried(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        time.sleep(0.2)
        completions("fine")(handler, request)

    server.answer = unhurried
    with pytest.raises(WriterError, match="did not answer within"):
        generate(server.url, [PROMPT] * 50, deadline_s=0.5)
    assert len(server.requests) < 50


@pytest.mark.parametrize(
    "body",
    ['{"id": "c", "choices": [{"ind', "<html>not here</html>", "{}", '{"choices": null}', "[]"],
    ids=["truncated", "html", "empty object", "no choices", "list"],
)
def test_what_is_no_completion_is_named_as_such(server: Server, body: str) -> None:
    server.answer = lambda handler, request: send(handler, 200, body)
    with pytest.raises(WriterError, match="not a chat completion"):
        generate(server.url)


def test_a_connection_cut_in_the_middle_is_named(server: Server) -> None:
    def cut(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b'{"id": ')
        handler.wfile.flush()
        handler.connection.shutdown(socket.SHUT_RDWR)

    server.answer = cut
    with pytest.raises(WriterError, match="No language model server answers"):
        generate(server.url)


def test_a_refused_connection_is_named() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
    with pytest.raises(WriterError, match="No language model server answers"):
        generate(url)


def test_setting_stop_ends_the_writing(server: Server) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(WriterError, match="stopped"):
        generate(server.url, stop=stop)
    assert server.requests == []


REQUEST = "a dress for my sister"
DOCUMENT: Document = Article(
    id="0000000001",
    product_code="0000001",
    name="Solveig",
    product_type="Dress",
    colour="Red",
    description="Dress in airy chiffon with long sleeves and a concealed zip at the back.",
).to_document()


def introduce(url: str) -> tuple[Any, str]:
    own = settings(url)
    prompts = IntroductionPromptBuilder(own).run(REQUEST, [DOCUMENT])["prompts"]
    written = IntroductionGenerator(own).run(prompts)
    checked = TruthCheck().run(REQUEST, [DOCUMENT], written["drafts"])
    return checked["introductions"][0], written["note"]


def test_a_true_answer_becomes_the_introduction(server: Server) -> None:
    server.answer = completions(" in airy chiffon, with long sleeves.")
    introduction, note = introduce(server.url)
    told = "For your sister, choose this red dress in airy chiffon, with long sleeves."
    assert introduction.text == told
    assert (introduction.written_by, note) == ("model", "")


def test_a_failing_server_costs_only_the_fresh_sentences(server: Server) -> None:
    server.answer = failing(500)
    introduction, note = introduce(server.url)
    assert introduction.written_by == "fallback"
    assert "chiffon" in introduction.text
    assert note == PLAIN_DESCRIPTIONS_NOTE
