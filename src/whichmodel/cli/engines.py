"""`--engine`: who does the work, this process or the workers of a Ray cluster."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from whichmodel.domain import InputError

if TYPE_CHECKING:
    from whichmodel.api.asked import Asked
    from whichmodel.api.look import Looking
    from whichmodel.api.run import RunOptions
    from whichmodel.workflow.hosting import Hosting


@dataclass(frozen=True)
class Engine:
    """Who does the work.

    Args:
        ray: the workers of a Ray cluster; else this process.
        address: of the cluster; `None`: one of this machine alone.
        workers: at most.
    """

    ray: bool = False
    address: str | None = None
    workers: int | None = None


def engines(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options `--engine`, `--address` and `--workers`, given to a command as `engine`."""

    @functools.wraps(command)
    def with_engine(engine: str, address: str | None, workers: int | None, **options: Any) -> Any:
        if engine != "ray" and (address or workers):
            raise InputError("--address and --workers are for --engine ray", hint="add --engine ray")
        return command(engine=Engine(engine == "ray", address, workers), **options)

    for option in (
        click.option(
            "--workers", metavar="N", type=click.IntRange(1, 100_000), help="At most so many workers."
        ),
        click.option(
            "--address", metavar="HOST:PORT", help="Of a Ray cluster; else this machine alone is one."
        ),
        click.option(
            "--engine",
            type=click.Choice(["local", "ray"]),
            default="local",
            show_default=True,
            help="Who does the work: this process, or the workers of a Ray cluster (extra [ray]).",
        ),
    ):
        with_engine = option(with_engine)
    return with_engine


@contextmanager
def hosted(
    engine: Engine, asked: Asked, pairs: Sequence[tuple[Path, Path]], options: RunOptions, look: Looking
) -> Iterator[Hosting | None]:
    """Who computes the units of a picture; `None`: this process."""
    if not engine.ray:
        yield None
        return
    from whichmodel.distributed.cluster import cluster, has_gpu, machines
    from whichmodel.distributed.needs import need_of
    from whichmodel.distributed.units import RayUnits
    from whichmodel.workflow.hosting import Hosting

    say = functools.partial(click.echo, err=True)
    with cluster(engine.address, engine.workers) as ray:
        need = need_of(asked, [source for source, _ in pairs], options, look, gpu=has_gpu(ray), say=say)
        units = RayUnits(ray, need, engine.workers, say)
        say(f"{units.count} worker{'s' if units.count != 1 else ''} on {machines(ray)}")
        yield Hosting(helpers=units)


def on_ray(
    engine: Engine,
    asked: Asked,
    pairs: Sequence[tuple[Path, Path]],
    options: RunOptions,
    look: Looking,
    *,
    overwrite: bool,
    as_json: bool,
) -> int:
    """Do pictures on a Ray cluster and tell of each as it is done; the exit code of the command."""
    from whichmodel.cli.outcomes import Told
    from whichmodel.distributed.cluster import cluster
    from whichmodel.distributed.files import run_files

    say = functools.partial(click.echo, err=True)
    try:
        with cluster(engine.address, engine.workers) as ray, Told(len(pairs), as_json=as_json) as told:
            for outcome in run_files(
                ray,
                asked,
                pairs,
                options,
                look=look,
                overwrite=overwrite,
                workers=engine.workers,
                say=say,
            ):
                told.add(outcome)
            return told.end()
    except KeyboardInterrupt:
        say("results that are there stay: the same command with --resume goes on with the others")
        raise
