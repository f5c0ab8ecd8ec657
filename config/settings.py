"""Settings: a named profile, below one file, below the environment (design section 8)."""

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from config.errors import LookbookError

PROFILES_DIRECTORY = Path(__file__).parent / "profiles"
ENVIRONMENT_PREFIX = "LOOKBOOK__"
PROFILE_VARIABLE = f"{ENVIRONMENT_PREFIX}PROFILE"
SECRETS_VARIABLE = "LOOKBOOK_SECRETS_DIRECTORY"

Quantization = Literal["none", "scalar", "product", "turbo"]
PromptName = Literal["few-shot", "per-article", "paper-original", "paper-modified"]


class ConfigurationError(LookbookError):
    """The settings cannot be used as they are."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CatalogueSettings(_Section):
    """Where the articles come from. No path means the sample catalogue that ships here."""

    path: Path | None = None
    format: Literal["auto", "hm", "shopify", "google", "mapped"] = "auto"
    mapping: dict[str, str] = Field(default_factory=dict)
    """Article field -> column or JSON key of the source; needed for format "mapped"."""
    currency: str = ""
    """ISO 4217 code for sources whose prices name none."""


class HnswSettings(_Section):
    """Qdrant's graph: edges per node and the candidate list while building."""

    m: int = Field(16, ge=4, le=128)
    ef_construct: int = Field(100, ge=4, le=2000)


class QdrantServerSettings(_Section):
    """A Qdrant server, used when the backend is "server"."""

    url: str = "http://127.0.0.1:6333"
    collection: str = "lookbook"
    """Alias that names the live version; versions are collections named `<alias>-<version>`."""
    api_key: SecretStr | None = None
    timeout_s: float = Field(30.0, gt=0)


class IndexSettings(_Section):
    """How the catalogue is stored."""

    backend: Literal["edge", "server"] = "edge"
    quantization: Quantization = "product"
    compression: Literal["x4", "x8", "x16", "x32", "x64"] = "x16"
    """Product quantization only."""
    hnsw: HnswSettings = HnswSettings()
    keep_versions: int = Field(2, ge=1)
    server: QdrantServerSettings = QdrantServerSettings()


class EmbeddingSettings(_Section):
    """The text embedder: a name of `config/models.yaml`, a hub id or a directory."""

    model: str = "all-minilm-l6-v2"
    sha256: str = ""
    """Expected digest of model.safetensors; empty takes the one in `config/models.yaml`, if any."""
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    batch_size: int = Field(32, ge=1)
    query_instruction: str | None = None
    """Text put before a query, never before an article; None takes the model's own."""


class RetrievalSettings(_Section):
    """One hybrid Qdrant query (design section 5)."""

    candidates: int = Field(100, ge=20, le=1000)
    dense_limit: int = Field(200, ge=1)
    sparse_limit: int = Field(200, ge=1)
    fusion: Literal["rrf", "dbsf"] = "rrf"
    rrf_k: int = Field(60, ge=1)
    dense_weight: float = Field(1.0, ge=0)
    sparse_weight: float = Field(1.0, ge=0)
    ef: int = Field(256, ge=1)
    rescore: bool = True
    oversampling: float = Field(4.0, ge=1)
    exact: bool = False
    hybrid: bool = True


class RankingSettings(_Section):
    """From candidates to the answer."""

    default_count: int = Field(5, ge=1)
    max_count: int = Field(20, ge=1)
    diversity: float = Field(0.3, ge=0, le=1)
    """0 ranks by relevance alone, 1 by difference alone."""


class PersonalSettings(_Section):
    """What a shopper's likes, dislikes and profile do to the answers."""

    strength: float = Field(1.0, ge=0, le=1)
    """Weight of the taste beside the wish; 0 turns it off."""
    half_life_days: float = Field(30.0, gt=0)
    """Time in which a like or a dislike comes to count half."""
    seen_days: float = Field(7.0, ge=0)
    """How long what was shown comes after what is new."""
    opinions_days: float = Field(365.0, gt=0)
    """How long a like or a dislike is kept."""


class RerankingSettings(_Section):
    """An optional second stage between retrieval and ranking."""

    kind: Literal["none", "cross-encoder", "listwise"] = "none"
    model: str = "cross-encoder/ms-marco-MiniLM-L6-v2"
    """The cross-encoder: a hub id or a directory. Listwise, the writer orders."""
    sha256: str = ""
    """Expected digest of the cross-encoder's weights."""
    depth: int = Field(40, ge=2, le=1000)
    """How many of the best candidates are put in order."""
    window: int = Field(20, ge=2, le=99)
    """Listwise: candidates in one prompt."""
    step: int = Field(10, ge=1)
    """Listwise: by how many the window moves."""
    deadline_s: float = Field(10.0, gt=0)
    """Listwise: after so many seconds what is not in order yet keeps the order it had."""


class WriterServerSettings(_Section):
    """An OpenAI-compatible server, used when the writing backend is "server"."""

    url: str = "http://127.0.0.1:8000/v1"
    model: str = ""
    api_key: SecretStr | None = None


class WritingSettings(_Section):
    """The language model that introduces the articles."""

    backend: Literal["local", "server"] = "local"
    model: str = "smollm2-135m-instruct"
    sha256: str = ""
    adapter: Literal["shipped"] | Path | None = "shipped"
    """Directory of a LoRA adapter in PEFT's layout; "shipped" is the one that comes with Lookbook
    for this model, where there is one, and None is no adapter."""
    quantization: Literal["none", "nf4"] = "none"
    prompt: PromptName = "per-article"
    """"few-shot" shows solved examples and no request: for small models without an adapter."""
    phrases: Literal["own", "any"] = "own"
    """"own" binds a local model that introduces an article to phrases of the article's own and
    plain joints: for small models, with the prompt "per-article"."""
    context_tokens: int | None = Field(None, ge=256)
    """Budget of prompt and answer together; None takes the model's own, at most 4096."""
    max_new_tokens: int = Field(48, ge=8)
    """Per introduction."""
    candidates: int = Field(1, ge=1, le=8)
    """Drafts per article; the first that passes the truth check is shown."""
    temperature: float = Field(0.5, ge=0)
    seed: int = 0
    deadline_s: float = Field(30.0, gt=0)
    server: WriterServerSettings = WriterServerSettings()


class StateSettings(_Section):
    """Where claims, jobs, conversations, answers and tastes are kept."""

    url: SecretStr | None = None
    """SQLAlchemy URL, a secret because it may hold a password; None is HOME/state.sqlite3."""
    claims_days: float = Field(1.0, ge=1 / 24)
    """How long a delivered message is remembered, so that it is never answered twice."""
    conversations_days: float = Field(1.0, gt=0)
    """How long after its last message a conversation is forgotten."""
    answers_days: float = Field(30.0, gt=0)
    """How long the buttons of an answer work."""


class AssistantSettings(_Section):
    """How requests from chats are served."""

    deadline_s: float = Field(120.0, gt=0, le=600)
    """For one request, from its turn on; far below Discord's 15 minutes for an answer."""
    queue: int = Field(50, ge=1)
    """Requests that may wait; one more is refused kindly."""
    workers: int = Field(2, ge=1)
    """Requests answered at the same time; the language model still takes one at a time."""
    cooldown_s: float = Field(2.0, ge=0)
    """Least time between two requests of one shopper."""
    daily_limit: int = Field(2000, ge=1)
    """Requests per workspace or server in one UTC day."""
    drain_s: float = Field(20.0, ge=0)
    """How long a stopping process lets running requests finish."""
    page_size: int = Field(5, ge=1, le=10)
    """Articles on one page of an answer."""


class DiscordSettings(_Section):
    """The Discord adapter; off without a token."""

    token: SecretStr | None = None
    admins: tuple[int, ...] = ()
    """User ids that may use the admin commands beside a server's managers."""


class SlackSettings(_Section):
    """The Slack adapter; off without a bot token."""

    bot_token: SecretStr | None = None
    """xoxb-..."""
    app_token: SecretStr | None = None
    """xapp-..., for Socket Mode."""
    signing_secret: SecretStr | None = None
    """For HTTP mode."""
    mode: Literal["socket", "http"] = "socket"
    port: int = Field(3000, ge=0, le=65535)
    """HTTP mode only."""
    api_url: str = "https://slack.com/api/"
    admins: tuple[str, ...] = ()
    """User ids that may use the admin commands beside the workspace's admins."""


class ScheduleSettings(_Section):
    """When the index is refreshed."""

    cron: str = ""
    """Five fields (minute hour day month weekday); empty never refreshes by itself."""
    timezone: str = "UTC"
    misfire_grace_s: int = Field(3600, ge=1)
    """How late a refresh may still start, after a stop or while the machine slept."""


class HealthSettings(_Section):
    """The HTTP server of /healthz, /readyz and /metrics."""

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)


SECRETS = (
    ("index", "server", "api_key"),
    ("writing", "server", "api_key"),
    ("state", "url"),
    ("discord", "token"),
    ("slack", "bot_token"),
    ("slack", "app_token"),
    ("slack", "signing_secret"),
)


class Settings(BaseSettings):
    """Everything an operator may set. `home` holds the index, the models and the state."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        env_prefix=ENVIRONMENT_PREFIX,
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
    )

    profile: str = "local"
    home: Path = Path(".lookbook")
    catalogue: CatalogueSettings = CatalogueSettings()
    index: IndexSettings = IndexSettings()
    embedding: EmbeddingSettings = EmbeddingSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    reranking: RerankingSettings = RerankingSettings()
    ranking: RankingSettings = RankingSettings()
    personal: PersonalSettings = PersonalSettings()
    writing: WritingSettings = WritingSettings()
    state: StateSettings = StateSettings()
    assistant: AssistantSettings = AssistantSettings()
    discord: DiscordSettings = DiscordSettings()
    slack: SlackSettings = SlackSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    health: HealthSettings = HealthSettings()

    @property
    def index_directory(self) -> Path:
        """Where index versions and CURRENT live."""
        return self.home / "index"

    @property
    def models_directory(self) -> Path:
        """Where fetched and prepared models live."""
        return self.home / "models"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put the environment above the files, which come in as init arguments."""
        sources: list[PydanticBaseSettingsSource] = [env_settings]
        secrets = os.environ.get(SECRETS_VARIABLE)
        if secrets:
            sources.append(
                NestedSecretsSettingsSource(
                    file_secret_settings,
                    secrets_dir=secrets,
                    secrets_prefix=ENVIRONMENT_PREFIX,
                    secrets_nested_delimiter="__",
                )
            )
        return (*sources, init_settings)


def profile_names() -> list[str]:
    """Return the names of the profiles that ship here, sorted."""
    return sorted(path.stem for path in PROFILES_DIRECTORY.glob("*.yaml"))


def load_settings(profile: str | None = None, file: Path | None = None) -> Settings:
    """Return the settings of a profile, overlaid by a file and by the environment.

    Raises ConfigurationError naming the key and the mend: unknown profile or key, wrong type,
    missing or malformed file, a secret that stands in a file.
    """
    name = profile or os.environ.get(PROFILE_VARIABLE) or "local"
    if name not in profile_names():
        raise ConfigurationError(
            f"There is no profile {name!r}.", f"Use one of: {', '.join(profile_names())}."
        )
    values = _read_yaml(PROFILES_DIRECTORY / f"{name}.yaml")
    if file is not None:
        own = _read_yaml(file)
        _refuse_secrets(own, file)
        values = _merged(values, own)
    _refuse_unknown_variables()
    try:
        return Settings(**{**values, "profile": name})
    except ValidationError as error:
        raise _explained(error) from None


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(
            f"The settings file {path} does not exist.", "Check the path given to --config."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"The settings file {path} cannot be read ({type(error).__name__}).",
            "Give a UTF-8 YAML file that this user may read.",
        ) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 1}" if mark else ""
        raise ConfigurationError(
            f"The settings file {path} is not valid YAML{place}.", "Correct it there."
        ) from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigurationError(
            f"The settings file {path} holds no sections.",
            "Write `section:` lines such as `index:` with keys below them.",
        )
    return content


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(below)
    for key, value in above.items():
        old = result.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            value = _merged(old, value)  # noqa: PLW2901 - the merged value is what is kept
        result[key] = value
    return result


def _refuse_secrets(values: Mapping[str, Any], file: Path) -> None:
    for path in SECRETS:
        found: Any = values
        for key in path:
            found = found.get(key) if isinstance(found, dict) else None
        if found is not None:
            variable = ENVIRONMENT_PREFIX + "__".join(path).upper()
            raise ConfigurationError(
                f"{file} holds the secret {'.'.join(path)}.",
                f"Take it out and set {variable}, or a file of that name under the directory "
                f"named by {SECRETS_VARIABLE}.",
            )


def _refuse_unknown_variables() -> None:
    known = {f"{ENVIRONMENT_PREFIX}{'__'.join(path)}".upper() for path in _key_paths(Settings)}
    for variable in os.environ:
        if variable.upper().startswith(ENVIRONMENT_PREFIX) and not any(
            variable.upper() == name or variable.upper().startswith(f"{name}__MAPPING__")
            for name in known
        ):
            raise ConfigurationError(
                f"The environment variable {variable} sets nothing.",
                _did_you_mean(variable.upper(), known),
            )


def _key_paths(model: type[BaseModel]) -> list[tuple[str, ...]]:
    paths: list[tuple[str, ...]] = []
    for name, info in model.model_fields.items():
        paths.append((name,))
        section = info.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            paths.extend((name, *rest) for rest in _key_paths(section))
    return paths


def _did_you_mean(unknown: str, known: set[str]) -> str:
    near = get_close_matches(unknown, sorted(known), n=1, cutoff=0.5)
    return f"Did you mean {near[0]}?" if near else f"Known are: {', '.join(sorted(known))}."


def _explained(error: ValidationError) -> ConfigurationError:
    first = error.errors(include_url=False, include_input=True)[0]
    path = tuple(str(part) for part in first["loc"])
    key = ".".join(path)
    if first["type"] == "extra_forbidden":
        siblings = {p[-1] for p in _key_paths(Settings) if p[:-1] == path[:-1]}
        known = {".".join((*path[:-1], name)) for name in siblings}
        return ConfigurationError(f"There is no setting {key!r}.", _did_you_mean(key, known))
    secret = path in SECRETS
    shown = "" if secret else f" (it is {first['input']!r})"
    return ConfigurationError(
        f"The setting {key!r} is not usable{shown}: {first['msg'][0].lower()}{first['msg'][1:]}.",
        f"Change it in the file, or in the environment as "
        f"{ENVIRONMENT_PREFIX}{'__'.join(path).upper()}.",
    )
