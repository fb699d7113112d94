"""What can be wrong with a workspace, looked at from outside: nothing is started and nothing changed."""

from __future__ import annotations

import shutil
import stat

from pft_tui.daemon.client import ask, is_running
from pft_tui.daemon.cluster_checkup import examine_cluster
from pft_tui.daemon.finding import Finding
from pft_tui.errors import PftError
from pft_tui.paths import Workspace, bytes_below
from pft_tui.scheduler.executor import LocalExecutor
from pft_tui.scheduler.slots import slots_of
from pft_tui.settings import Settings, load_settings
from pft_tui.store.lock import NETWORK_FILE_SYSTEMS, file_system_of
from pft_tui.store.read import query
from pft_tui.units import GIB

# What was not understood since the queue was opened last: its workers may still write such lines.
BAD_LINES = """
select regexp_replace(subject, '[.]jsonl$', '') as worker, sum(cast(split_part(detail, ' ', 1) as bigint))
from events
where kind = 'bad_lines' and "at" >= (select max("at") from events where kind = 'owner_started')
group by worker
order by worker
"""


def examine(workspace: Workspace) -> list[Finding]:
    """All findings about a workspace."""
    try:
        settings = load_settings(workspace.settings_file)
    except PftError as error:
        return [Finding("settings", ok=False, found=error.message, remedy=error.hint or "mend pft.toml")]
    return [
        Finding("settings", ok=True, found=f"{workspace.settings_file} makes sense"),
        _file_system(workspace),
        _disk(workspace, settings),
        _cache(workspace, settings),
        _corpora(settings),
        *_devices(workspace, settings),
        _privacy(workspace),
        _daemon(workspace),
        _strays(workspace),
        _reports(workspace),
    ]


def _file_system(workspace: Workspace) -> Finding:
    kind = file_system_of(workspace.root)
    return Finding(
        "file system",
        ok=kind not in NETWORK_FILE_SYSTEMS,
        found=f"{workspace.root} lies on {kind or 'an unknown file system'}",
        remedy="make the workspace on a local disk; the corpora may stay where they are",
    )


def _disk(workspace: Workspace, settings: Settings) -> Finding:
    free = shutil.disk_usage(workspace.root).free / GIB
    return Finding(
        "disk",
        ok=free >= settings.run.disk_floor,
        found=f"{free:.1f} GiB free",
        remedy=f"make room: work waits below {settings.run.disk_floor:g} GiB (run.disk_floor)",
    )


def _cache(workspace: Workspace, settings: Settings) -> Finding:
    held = bytes_below(workspace.features) / GIB
    return Finding(
        "feature cache",
        ok=True,
        found=f"{held:.2f} GiB in {workspace.features}, of at most {settings.run.feature_cache:g} GiB "
        "(run.feature_cache); may be deleted at any time",
    )


def _corpora(settings: Settings) -> Finding:
    roots = {name: corpus.root for name, corpus in settings.corpora.items()}
    gone = [f"{name} ({root})" for name, root in roots.items() if not root.exists()]
    return Finding(
        "corpora",
        ok=not gone,
        found=f"not there: {', '.join(gone)}" if gone else f"the roots of all {len(roots)} are there",
        remedy="correct `root` in pft.toml, or delete the section; `pft corpora check` reads them",
    )


def _devices(workspace: Workspace, settings: Settings) -> list[Finding]:
    if settings.run.executor == "ray":
        return examine_cluster(workspace, settings.run)
    try:
        slots = slots_of(settings.run)
    except PftError as error:
        return [Finding("devices", ok=False, found=error.message, remedy=error.hint)]
    names = ", ".join(dict.fromkeys(slot.device for slot in slots))
    return [Finding("devices", ok=True, found=f"{len(slots)} slots on {names}")]


def _privacy(workspace: Workspace) -> Finding:
    paths = [workspace.private, workspace.store, workspace.socket]
    open_to_others = [
        str(path) for path in paths if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    return Finding(
        "privacy",
        ok=not open_to_others,
        found=f"open to others: {', '.join(open_to_others)}"
        if open_to_others
        else "nothing is open to others",
        remedy="take the rights of group and others away with chmod go=",
    )


def _daemon(workspace: Workspace) -> Finding:
    if not workspace.private.exists() or not is_running(workspace):
        return Finding("daemon", ok=True, found="none runs; commands that need one start it")
    try:
        status = ask(workspace, "status", timeout=10)
    except PftError as error:
        return Finding("daemon", ok=False, found=error.message, remedy=error.hint)
    trouble = "; ".join(status["stops"].values()) or status["obstacle"]
    return Finding(
        "daemon",
        ok=not trouble,
        found=f"process {status['pid']}" + (f": {trouble}" if trouble else ""),
        remedy="`pft resume` goes on where it was paused; `pft logs` says more",
    )


def _strays(workspace: Workspace) -> Finding:
    strays = LocalExecutor(workspace, deterministic=False).strays()
    alone = bool(strays) and not is_running(workspace)
    pids = ", ".join(str(worker.pid) for worker in strays)
    return Finding(
        "workers",
        ok=not alone,
        found=f"processes {pids}" + (" without a daemon" if alone else "") if strays else "none",
        remedy="`pft up` adopts them",
    )


def _reports(workspace: Workspace) -> Finding:
    """Whether all was understood that workers wrote, as far as it has been published."""
    try:
        bad = query(workspace, BAD_LINES).rows if workspace.snapshot.exists() else []
    except PftError as error:
        return Finding("reports", ok=False, found=error.message, remedy=error.hint)
    told = ", ".join(f"{lines} of {worker}" for worker, lines in bad)
    return Finding(
        "reports",
        ok=not bad,
        found=f"lines that were not understood, and are lost: {told}" if bad else "all lines were understood",
        remedy="a worker of another version writes such lines: `pft down`, then `pft up`, ends those "
        "that are left; `pft sql \"from events where kind = 'bad_lines'\"` shows some",
    )
