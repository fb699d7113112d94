"""Errors that a user meets: each names the thing, says what to do, and carries its exit code."""

from __future__ import annotations

FAILED = 1
USAGE = 2
INTERRUPTED = 130


class PftError(Exception):
    """An error to be shown as one line, never as a traceback.

    `message` names the file, key or thing that is wrong; `hint` says what to do about it.
    """

    exit_code = FAILED

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class UsageError(PftError):
    """What was asked for makes no sense as asked: wrong arguments or configuration."""

    exit_code = USAGE


class WorkspaceError(UsageError):
    """There is no workspace here, or one that cannot be used."""


class SettingsError(UsageError):
    """A key, type or value in `pft.toml`, the environment or a flag is wrong."""


class SpecError(UsageError):
    """The grid asks for something that cannot be run."""


class CorpusError(PftError):
    """A corpus cannot be read at all (single bad files are problems, not errors)."""


class AudioError(PftError):
    """An audio file is missing, empty, truncated or unreadable."""


class EncoderError(PftError):
    """An encoder is unknown, unreachable, corrupt or of a family that is not supported."""


class CheckpointError(PftError):
    """A checkpoint is missing, truncated or of another model."""


class StoreError(PftError):
    """The store cannot be opened, written or understood."""


class DeviceError(PftError):
    """A device was asked for that this machine does not have."""
