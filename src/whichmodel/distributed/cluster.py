"""A Ray cluster: one that is there, or one of this machine alone that listens on loopback only."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from whichmodel.domain import InputError, WhichmodelError
from whichmodel.runtimes.silence import silent_stderr
from whichmodel.workflow.scratch import gigabytes

OBJECT_STORE = 128_000_000
"""Bytes of Ray's object store on this machine: names of files and reports are all that passes through it."""

_LONGEST = 30
"""Letters of the name of a folder in which there is room for Ray's own names."""

_REACHED = 15.0
"""Seconds in which the head of a cluster must answer."""

_STARTS = 4
"""Of a cluster of this machine: Ray gives one 30 seconds, and a busy machine may need more."""


@dataclass(frozen=True)
class Need:
    """What one worker needs of a machine.

    Args:
        memory: bytes.
        gpus: of the machine, for itself.
        cpus: threads that it works with.
    """

    memory: int
    gpus: int = 0
    cpus: int = 1

    @property
    def arguments(self) -> dict[str, Any]:
        """The same as Ray is told it."""
        return {"num_cpus": self.cpus, "num_gpus": self.gpus, "memory": self.memory}


@contextmanager
def cluster(address: str | None = None, workers: int | None = None) -> Iterator[Any]:
    """Ray, connected while the block lasts.

    Args:
        address: of a cluster that is there, as `HOST:PORT`; `None` starts one of this machine alone, which
            listens on loopback only, shows no pages, and ends with the block.
        workers: processors that a cluster of this machine offers; by default all that this process may use.

    Raises:
        InputError: the extra is not installed, or there is no cluster at this address.
    """
    ray = required()
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address is not None:
        _reach(address)
    with ExitStack() as stack:
        folder = _short_folder() if address is None else None
        if folder is not None:
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
        try:
            with silent_stderr():  # to have a log level set, Ray logs that it was set
                if folder is not None:
                    _start(ray, workers, folder, quiet)
                else:
                    ray.init(address=address, **quiet)
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            where = f"the cluster at {address}" if address else "a cluster of this machine"
            raise InputError(
                f"{where} cannot be used: {_first_line(error)}",
                hint="ray status --address shows whether it is well; RAY_AUTH_TOKEN must be the one it has"
                if address
                else "free some memory, or leave out --engine",
            ) from error
        try:
            yield ray
        finally:
            ray.shutdown()


def required() -> Any:
    """The module `ray`; nothing is told to its makers.

    Raises:
        InputError: it is not installed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # What went wrong is told by us, in one line.
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    os.environ.setdefault("RAY_DEDUP_LOGS_SKIP_REGEX", ".*")
    # Else Ray warns that this default of its own will change; it does not matter here.
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError as error:
        raise InputError(
            "the engine ray needs the extra [ray]",
            hint='pip install "whichmodel[ray]", or leave out --engine: local needs nothing more',
        ) from error
    return ray


def workers_with_room(
    ray: Any, need: Need, wished: int | None, hint: str = "a smaller --tile needs less memory"
) -> int:
    """How many workers there is room for, at most as many as are wished.

    Args:
        hint: what to do where there is no room.

    Raises:
        InputError: no machine of the cluster has room for one.
    """
    machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    room = sum(_fitting(machine, need) for machine in machines)
    if not room:
        gpu = " and a GPU" if need.gpus else ""
        raise InputError(
            f"no machine of the cluster has a processor, {gigabytes(need.memory)} of memory{gpu} for a worker",
            hint=hint,
        )
    return min(room, wished) if wished else room


def has_gpu(ray: Any) -> bool:
    """Whether a machine of the cluster has a GPU."""
    return float(ray.cluster_resources().get("GPU", 0)) >= 1


def machines(ray: Any) -> str:
    """How many machines the cluster has, in words."""
    count = sum(bool(node["Alive"]) for node in ray.nodes())
    return f"{count} machine{'s' if count != 1 else ''}"


def environment(cpus: int) -> dict[str, str]:
    """What a worker has to know of the environment here.

    Args:
        cpus: threads that libvips and networks work with.
    """
    from whichmodel.catalog.own import data_dir
    from whichmodel.weights.store import cache_dir

    carried = {name: value for name, value in os.environ.items() if name.startswith("WHICHMODEL_")}
    threads = str(cpus)
    return {
        **carried,
        "WHICHMODEL_CACHE": str(cache_dir().absolute()),
        "WHICHMODEL_DATA": str(data_dir().absolute()),
        "WHICHMODEL_THREADS": threads,
        "VIPS_CONCURRENCY": threads,
    }


def _fitting(machine: Mapping[str, float], need: Need) -> int:
    shares = [machine.get("CPU", 0) / need.cpus, machine.get("memory", 0) / need.memory]
    if need.gpus:
        shares.append(machine.get("GPU", 0) / need.gpus)
    return int(min(shares))


def _reach(address: str) -> None:
    """See that somebody listens at an address; Ray itself would wait for minutes.

    Raises:
        InputError: nobody does, or it is no address.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise InputError(
            f"--address {address!r} is not HOST:PORT", hint="for example: --address 10.0.0.1:6379"
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_REACHED).close()
    except OSError as error:
        raise InputError(
            f"nobody listens at {address}: {error.strerror or error}",
            hint="start a cluster there, ray start --head --port=6379, or leave out --address",
        ) from error


def _short_folder() -> str:
    """A folder for sockets and logs; the whole name of a socket must not exceed 107 bytes.

    Raises:
        InputError: it cannot be made.
    """
    usual = tempfile.gettempdir()
    try:
        return tempfile.mkdtemp(prefix="wm", dir=usual if len(usual) <= _LONGEST else "/tmp")  # noqa: S108
    except OSError as error:
        raise InputError(
            f"no temporary folder can be made in {usual}: {error.strerror or error}",
            hint="TMPDIR must name a folder that can be written",
        ) from error


def _start(ray: Any, workers: int | None, folder: str, quiet: dict[str, Any]) -> None:
    from whichmodel.runtimes.ncnn import usable_threads

    # Who is on this machine and does not know it cannot use the cluster; and nothing is written to the home.
    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    own = _on_loopback()
    for start in range(1, _STARTS + 1):
        try:
            ray.init(
                address="local",
                num_cpus=workers or usable_threads(),
                include_dashboard=False,
                object_store_memory=OBJECT_STORE,
                _temp_dir=folder,
                _node_ip_address="127.0.0.1" if own else None,
                **quiet,
            )
            return
        except Exception as error:
            # Ray's own error for a machine that is too busy to start in 30 seconds, which has no kind of its own.
            if "timed out during startup" not in str(error):
                raise
            ray.shutdown()
            if start == _STARTS:
                raise TimeoutError(
                    f"it did not start, {_STARTS} times; is this machine very busy?"
                ) from error


def _on_loopback() -> bool:
    """Have Ray take the loopback address for this machine's, as it does where firewalls ask questions."""
    from ray._private import ray_constants

    if not hasattr(ray_constants, "ENABLE_RAY_CLUSTER"):
        return False
    ray_constants.ENABLE_RAY_CLUSTER = False
    return True


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]


def lost(what: str) -> WhichmodelError:
    """The error where nobody is left to do the work."""
    return WhichmodelError(
        f"{what}: no worker could be started for two minutes",
        hint="ray status --address shows what the cluster has; the same command with --resume goes on from there",
    )


def broken(what: str, error: BaseException) -> WhichmodelError:
    """The error where the cluster itself fails."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = next((line for line in reversed(lines) if "Error" in line), _first_line(error))
    return WhichmodelError(
        f"{what}: the cluster cannot go on: {told[:300]}",
        hint="every machine must have whichmodel with the extra [ray]; the same command with --resume goes on",
    )
