"""All that can be asked of the daemon, each with its checked arguments."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from pft_tui.daemon.handover import NAME
from pft_tui.errors import UsageError
from pft_tui.store.actions import Order
from pft_tui.store.selection import Selection

Text = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]
Texts = Annotated[tuple[Text, ...], Field(max_length=5000)]
JobNumber = Annotated[int, Field(ge=0, lt=1 << 53)]
NumberRanges = Annotated[tuple[tuple[JobNumber, JobNumber], ...], Field(max_length=5000)]
Priority = Annotated[int, Field(ge=-1_000_000, le=1_000_000)]
State = Literal["queued", "paused", "running", "finished", "failed", "cancelled"]
Kind = Literal["prepare", "prefinetune", "trial"]
OrderedBy = Literal[
    "number", "state", "priority", "attempts", "started", "finished", "took", "model", "speaker"
]


class Request(BaseModel):
    """A request: frozen, of exact types, with no argument that is not named here."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Chosen(Request):
    """Some jobs: `ids` (or beginnings of ids) and ranges of `numbers`, or else all, that pass the filters.

    Not those of the ranges `without`; and only those that are called by all of the `words`, or say them.
    """

    ids: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{2,16}$")], ...], Field(max_length=5000)
    ] = ()
    numbers: NumberRanges = ()
    without: NumberRanges = ()
    states: Annotated[tuple[State, ...], Field(max_length=6)] = ()
    kinds: Annotated[tuple[Kind, ...], Field(max_length=3)] = ()
    models: Texts = ()
    speakers: Texts = ()
    emotions: Texts = ()
    shots: Annotated[tuple[Annotated[int, Field(ge=0, lt=1 << 31)], ...], Field(max_length=5000)] = ()
    words: Annotated[tuple[Text, ...], Field(max_length=20)] = ()

    @property
    def selection(self) -> Selection:
        """The same, as the store takes it."""
        return Selection(
            ids=self.ids,
            firsts=tuple(first for first, _ in self.numbers),
            lasts=tuple(last for _, last in self.numbers),
            but_firsts=tuple(first for first, _ in self.without),
            but_lasts=tuple(last for _, last in self.without),
            states=self.states,
            kinds=self.kinds,
            models=self.models,
            speakers=self.speakers,
            emotions=self.emotions,
            shots=self.shots,
            words=self.words,
        )


class Status(Request):
    """How is everything?"""

    do: Literal["status"]


class Listed(Request):
    """Some jobs in some order, those after the first `skip`."""

    jobs: Chosen = Chosen()
    by: OrderedBy = "number"
    descending: bool = False
    skip: JobNumber = 0

    @property
    def order(self) -> Order:
        """The same, as the store takes it."""
        return Order(self.by, self.descending)


class Jobs(Listed):
    """Which jobs are these, a page at a time?"""

    do: Literal["jobs"]
    limit: Annotated[int, Field(ge=0, le=1000)] = 50


class Numbers(Listed):
    """Which numbers do these jobs have, as ranges?"""

    do: Literal["numbers"]
    limit: JobNumber


class Values(Request):
    """Which models, speakers, emotions and numbers of shots are there among the jobs?"""

    do: Literal["values"]


class Overview(Request):
    """How far is each model, and how fast do trials finish?"""

    do: Literal["overview"]


class Curves(Request):
    """What have these runs (trials and models, by their whole ids) measured, each after so many epochs?"""

    do: Literal["curves"]
    runs: Annotated[
        dict[Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")], Annotated[int, Field(ge=-1, lt=1 << 53)]],
        Field(min_length=1, max_length=100),
    ]


class Enqueue(Request):
    """Queue the grid that was written under this token, or with `dry_run` say what would become of it."""

    do: Literal["enqueue"]
    token: Annotated[str, Field(pattern=NAME)]
    dry_run: bool = False


class Pause(Request):
    """Begin nothing more on all slots; let what runs end, or with `now` stop it."""

    do: Literal["pause"]
    slot: Annotated[int, Field(ge=0, lt=10_000)] | None = None
    now: bool = False


class Resume(Request):
    """Go on, on all slots or one."""

    do: Literal["resume"]
    slot: Annotated[int, Field(ge=0, lt=10_000)] | None = None


class Hold(Request):
    """Hold jobs back; let those that run end, or with `now` stop them."""

    do: Literal["hold"]
    jobs: Chosen
    now: bool = False


class Release(Request):
    """Let jobs go that are held back."""

    do: Literal["release"]
    jobs: Chosen


class Cancel(Request):
    """Cancel jobs that have not ended."""

    do: Literal["cancel"]
    jobs: Chosen


class Retry(Request):
    """Queue jobs again that failed or were cancelled."""

    do: Literal["retry"]
    jobs: Chosen


class Prioritise(Request):
    """Give queued jobs a priority; a larger one goes first."""

    do: Literal["priority"]
    jobs: Chosen
    priority: Priority


class Publish(Request):
    """Publish the snapshot, and answer when it is there."""

    do: Literal["publish"]


class Down(Request):
    """End: after the trials at hand, or with `now` at once."""

    do: Literal["down"]
    now: bool = False


# What is answered without changing anything, from the store or from a snapshot of it.
Question = Jobs | Numbers | Values | Overview | Curves
AnyRequest = (
    Status
    | Question
    | Enqueue
    | Pause
    | Resume
    | Hold
    | Release
    | Cancel
    | Retry
    | Prioritise
    | Publish
    | Down
)
_REQUEST: TypeAdapter[AnyRequest] = TypeAdapter(Annotated[AnyRequest, Field(discriminator="do")])


def parse(line: bytes) -> AnyRequest:
    """The request in a line. Raises UsageError, which names what is wrong with it."""
    try:
        return _REQUEST.validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"that is no request: {place + ': ' if place else ''}{first['msg']}") from None
