"""What a person has to do, or to allow, before weights can be used; a run does not do it for them."""

from __future__ import annotations

from dataclasses import dataclass

from whichmodel.weights.cache import installed
from whichmodel.weights.conversion import CONVERTERS, EXTRA
from whichmodel.weights.given import origin
from whichmodel.weights.licence import refusal
from whichmodel.weights.record import WeightsRecord


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why weights cannot be used at once.

    Args:
        why: in plain words.
        command: what removes it; empty where no command does.
        missing: modules that the command needs and that are not installed.
    """

    why: str
    command: str = ""
    missing: tuple[str, ...] = ()


def pull_command(wanted: WeightsRecord) -> str:
    """The command that brings these weights into the cache."""
    if wanted.given:
        return f"whichmodel weights pull {wanted.id} --from FILE"
    return f"whichmodel weights pull {wanted.id}" + (
        "" if wanted.licence_known else " --accept-unknown-licence"
    )


def missing_modules(wanted: WeightsRecord) -> tuple[str, ...]:
    """Modules that the conversion of these weights needs and that are not installed."""
    converter = CONVERTERS.get(wanted.convert)
    return converter.missing() if converter is not None else ()


def obstacle(wanted: WeightsRecord) -> Obstacle | None:
    """What keeps a run from using these weights, or from fetching them first; `None` where nothing does.

    Weights of unknown licence that are in the cache were accepted when they were fetched. Weights that are
    converted are fetched by command only, as that takes longer and needs the extra `[convert]`.
    """
    here = installed(wanted.id) is not None
    if wanted.given and not here:
        return Obstacle(
            f"its weights {wanted.id} are not on this computer, and no package holds them",
            pull_command(wanted),
            missing_modules(wanted),
        )
    own = origin(wanted.id) if wanted.given else None
    if own is not None and own.doubt:
        return Obstacle(
            f"its weights {wanted.id} were made from your file {own.file}: {own.doubt}", pull_command(wanted)
        )
    why, _ = refusal(wanted, accept_unknown=here)
    if why and wanted.licence_known:
        return Obstacle(why)
    if why:
        return Obstacle(why, pull_command(wanted))
    if wanted.convert and not here:
        missing = missing_modules(wanted)
        also = f", which needs {' and '.join(missing)} ({EXTRA})" if missing else ""
        return Obstacle(f"its weights {wanted.id} are converted once{also}", pull_command(wanted), missing)
    return None
