"""The commented `pft.toml` that `pft init` writes, made from the settings' own descriptions."""

from __future__ import annotations

import json
import textwrap
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pft_tui.settings.model import CorpusSettings, Settings

HEAD = """\
# Settings of a pft-tui workspace. Every key is shown with its default, commented out: uncomment to change.
# The environment (PFT__SECTION__KEY=value) goes over this file, `--set section.key=value` over both.
"""
PAPER_CORPORA = {
    "iemocap": "/data/IEMOCAP_full_release",
    "mandarin_as": "/data/LDC2007S09",
    "msp_improv": "/data/MSP-IMPROV",
    "msp_podcast": "/data/MSP-PODCAST",
    "esd": "/data/ESD",
}


def template() -> str:
    """A `pft.toml` with every key, its default, its unit and a sentence."""
    parts = [HEAD, _corpora()]
    for name, field in Settings.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            parts.append(_section(name, field.annotation, field.description or ""))
    return "\n".join(parts)


def _corpora() -> str:
    paths = "\n".join(f'[corpora.{name}]\nroot = "{root}"' for name, root in PAPER_CORPORA.items())
    keys = "\n".join(
        _key(name, field) for name, field in CorpusSettings.model_fields.items() if name != "root"
    )
    return (
        "# The corpora, one section each. The section's name is the reader, unless `reader` names another;\n"
        "# `pft corpora readers` lists the readers with their label schemes. Point `root` at your copies,\n"
        f"# delete what you do not have, then run `pft corpora check`.\n{paths}\n"
        f"#\n# Each of these sections may also hold:\n{keys}\n"
    )


def _section(name: str, model: type[BaseModel], description: str) -> str:
    keys = "\n".join(_key(key, field) for key, field in model.model_fields.items())
    return f"# {description}\n[{name}]\n{keys}\n"


def _key(name: str, field: FieldInfo) -> str:
    unit = field.json_schema_extra.get("unit") if isinstance(field.json_schema_extra, dict) else None
    sentence = (field.description or "") + (f" Unit: {unit}." if unit else "")
    choices = _choices(field.annotation)
    sentence += f" One of: {', '.join(choices)}." if choices else ""
    comment = textwrap.fill(sentence, 100, initial_indent="# ", subsequent_indent="# ")
    default = field.get_default(call_default_factory=True, validated_data={})
    value = f"# {name} = {toml(default)}" if default is not None else f"# {name} ="
    return f"{comment}\n{value}"


def _choices(annotation: object) -> list[str]:
    if get_origin(annotation) is Literal:
        return [json.dumps(choice) for choice in get_args(annotation)]
    for member in get_args(annotation):
        if get_origin(member) is Literal and len(get_args(member)) > 1:
            return [json.dumps(choice) for choice in get_args(member)]
    return []


def toml(value: Any) -> str:  # noqa: ANN401 - any plain value
    """A plain value in TOML's spelling."""
    if isinstance(value, dict):
        return (
            "{ " + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + " }" if value else "{}"
        )
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)
