"""A GGUF file unpacked once: safetensors and tokenizer that load in a second instead of fifteen."""

import json
import shutil
import tempfile
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

from pipeline.models.digests import digest_of, sha256_of, write_json
from pipeline.models.errors import ModelError
from pipeline.models.loading import LOADING
from pipeline.models.locating import LocatedModel

_MANIFEST = "prepared.json"


def prepared(located: LocatedModel, models_directory: Path) -> Path:
    """Return the directory of the unpacked copy of a GGUF model, made if it is not there.

    It is named by the digest of the GGUF file, appears in one step, and holds the digests of its
    own files; a copy that does not match them is made again. Weights are stored in bfloat16.
    Raises ModelError: no room, no right to write, an architecture that transformers cannot read.
    """
    directory = models_directory / "prepared" / located.sha256
    with LOADING:
        if not _is_whole(directory, models_directory):
            _make(located, directory)
    return directory


def _make(located: LocatedModel, directory: Path) -> None:
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=directory.parent, prefix=f".{located.sha256[:12]}."))
    except OSError as error:
        raise _unwritable(located, directory, error) from error
    try:
        _unpack(located, made)
        _publish(made, directory)
    except OSError as error:
        raise _unwritable(located, directory, error) from error
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _unpack(located: LocatedModel, target: Path) -> None:
    source = {"gguf_file": located.file.name, "local_files_only": True}
    try:
        tokenizer = AutoTokenizer.from_pretrained(located.directory, **source)
        model = AutoModelForCausalLM.from_pretrained(
            located.directory,
            dtype=torch.bfloat16,
            quantization_config=GgufConfig(dequantize=True),
            **source,
        )
    except Exception as error:  # The reader checks nothing: a damaged file fails anywhere in it.
        raise ModelError(
            f"The GGUF file {located.file} cannot be read ({type(error).__name__}).",
            f"Check it with `lookbook models verify {located.card.name}`, or use safetensors.",
        ) from error
    tokenizer.save_pretrained(target)
    model.save_pretrained(target)


def _publish(made: Path, directory: Path) -> None:
    files = sorted(path for path in made.iterdir() if path.is_file())
    write_json(made / _MANIFEST, {path.name: sha256_of(path) for path in files})
    made.chmod(0o755)
    if directory.exists():
        shutil.rmtree(directory)
    made.rename(directory)


def _is_whole(directory: Path, models_directory: Path) -> bool:
    try:
        digests = json.loads((directory / _MANIFEST).read_text(encoding="utf-8"))
        return bool(digests) and all(
            digest_of((directory / name,), models_directory) == digest
            for name, digest in digests.items()
        )
    except (OSError, ValueError, AttributeError):
        return False


def _unwritable(located: LocatedModel, directory: Path, error: OSError) -> ModelError:
    return ModelError(
        f"The unpacked copy of {located.card.name} cannot be written to {directory} "
        f"({error.strerror or type(error).__name__}).",
        "Free some disk space (about 2 bytes per parameter), or set `home` to a writable place.",
    )
