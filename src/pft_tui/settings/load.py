"""Reading settings: flags over environment over file over defaults, with errors that name the place."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pft_tui.errors import SettingsError
from pft_tui.registry import near_miss
from pft_tui.settings.model import CorpusSettings, Settings

ENVIRONMENT_PREFIX = "PFT__"

Key = tuple[str, ...]


def load_settings(
    file: Path, *, flags: Iterable[str] = (), environment: Mapping[str, str] | None = None
) -> Settings:
    """The settings of a workspace.

    `flags` are `section.key=value` texts, `environment` (the process's own by default) gives
    `PFT__SECTION__KEY`. Relative corpus roots and encoder folders are taken from the file's folder.
    Raises SettingsError, with one line for each thing that is wrong.
    """
    environment = os.environ if environment is None else environment
    values = _read_toml(file)
    sources: dict[Key, str] = {}
    for source, path, text in (*_from_environment(environment), *_from_flags(flags)):
        _set(values, path, _parse_value(text), source)
        sources[path] = source
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise _explain(error, file, sources) from None
    return _anchored(settings, file.parent)


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} is not valid TOML: {error}", hint="mend the line it names") from None
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}") from None


def _from_environment(environment: Mapping[str, str]) -> list[tuple[str, Key, str]]:
    found = []
    for name, text in sorted(environment.items()):
        if name.startswith(ENVIRONMENT_PREFIX):
            path = tuple(part.lower() for part in name.removeprefix(ENVIRONMENT_PREFIX).split("__"))
            found.append((f"environment variable {name}", path, text))
    return found


def _from_flags(flags: Iterable[str]) -> list[tuple[str, Key, str]]:
    found = []
    for flag in flags:
        dotted, equals, text = flag.partition("=")
        if not equals or not dotted.strip():
            raise SettingsError(f"--set {flag!r} is not of the form section.key=value")
        found.append((f"--set {dotted.strip()}", tuple(dotted.strip().split(".")), text))
    return found


def _parse_value(text: str) -> Any:  # noqa: ANN401 - a TOML value is of any type
    """The text as a TOML value where it is one, else as a string: `3`, `[2, 4]`, `true`, `cuda:0`."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _set(values: dict[str, Any], path: Key, value: object, source: str) -> None:
    for depth, part in enumerate(path[:-1], start=1):
        values = values.setdefault(part, {})
        if not isinstance(values, dict):
            raise SettingsError(f"{source}: {'.'.join(path[:depth])} is a value, not a section")
    values[path[-1]] = value


def _anchored(settings: Settings, folder: Path) -> Settings:
    corpora = {
        name: corpus.model_copy(update={"root": (folder / corpus.root.expanduser()).absolute()})
        for name, corpus in settings.corpora.items()
    }
    encoder = settings.encoder
    if encoder.name.startswith((".", "/", "~")):
        anchored = (folder / Path(encoder.name).expanduser()).absolute()
        encoder = encoder.model_copy(update={"name": str(anchored)})
    return settings.model_copy(update={"corpora": corpora, "encoder": encoder})


def _explain(error: ValidationError, file: Path, sources: Mapping[Key, str]) -> SettingsError:
    lines = []
    for detail in error.errors(include_url=False):
        path = _key_path(detail["loc"])
        lines.append(f"{_source(path, sources) or file}: {_sentence(path, detail)}")
    return SettingsError("\n".join(dict.fromkeys(lines)))


def _source(path: Key, sources: Mapping[Key, str]) -> str | None:
    """What gave the key, the section that it is in, or something in it; None where the file alone did."""
    within = [path[:depth] for depth in range(len(path), 0, -1)]
    within += [key for key in sources if path and key[: len(path)] == path]
    return next((sources[key] for key in within if key in sources), None)


def _key_path(location: tuple[int | str, ...]) -> Key:
    """The key that an error is about, without pydantic's names of union members, keys and list indices."""
    path: list[str] = []
    for part in location:
        if isinstance(part, int) or part == "[key]" or (path and not _known_keys(tuple(path))):
            break
        path.append(part)
    return tuple(path)


def _known_keys(path: Key) -> list[str]:
    """The keys that may stand under a section, empty where `path` is no section."""
    if path == ("corpora",):
        return ["NAME"]
    model: type[BaseModel] | None = Settings
    for depth, part in enumerate(path):
        model = CorpusSettings if path[:depth] == ("corpora",) else _section(model, part)
    return list(model.model_fields) if model else []


def _section(model: type[BaseModel] | None, name: str) -> type[BaseModel] | None:
    """The model of the section `name`; `corpora` maps names to sections and stands for itself."""
    if model is Settings and name == "corpora":
        return Settings
    field = model.model_fields.get(name) if model else None
    annotation = field.annotation if field else None
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _sentence(path: Key, detail: ErrorDetails) -> str:
    dotted = ".".join(path)
    if detail["type"] == "extra_forbidden":
        return f"unknown key {dotted} ({near_miss(path[-1], _known_keys(path[:-1]))})"
    if detail["loc"][-1:] == ("[key]",):
        return f"{dotted} is no name: it may have letters, digits and '_'"
    if detail["type"] == "missing":
        return f"{dotted} {'is missing' if path == detail['loc'] else 'has too few values'}"
    if detail["type"] == "model_type":
        return f"{dotted} is a section: name one of its keys, such as {dotted}.{_known_keys(path)[0]}"
    if detail["type"] in ("list_type", "tuple_type"):
        return f"{dotted} = {detail['input']!r} should be a list, such as [{detail['input']!r}]"
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Input ")
    sentence = f"{dotted} = {detail['input']!r} {message}" if dotted else message
    if detail["type"] == "literal_error":
        choices = detail["ctx"]["expected"].replace(" or ", ", ").split(", ")
        sentence += f" ({near_miss(str(detail['input']), [choice.strip(chr(39)) for choice in choices])})"
    return sentence
