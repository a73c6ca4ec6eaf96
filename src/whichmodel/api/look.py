"""Looking at the photo before a plan is made, and overruling what it would decide."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from whichmodel.domain import InputError

if TYPE_CHECKING:
    from whichmodel.domain import Intent
    from whichmodel.pictures import Limits
    from whichmodel.workflow import Decision


@dataclass(frozen=True)
class Looking:
    """What the person says about looking.

    Args:
        looks: whether to look at all.
        without, also: tasks that the person leaves out or adds.
    """

    looks: bool = True
    without: tuple[str, ...] = ()
    also: tuple[str, ...] = ()

    def decide(
        self,
        intent: Intent | None,
        photo: Path,
        limits: Limits,
        *,
        cache: bool = True,
        tidies: bool = True,
    ) -> tuple[Decision, ...]:
        """What this photo needs before it is enlarged; nothing where no words ask for an enlargement.

        Args:
            cache: whether the decoded photo is kept for the run.
            tidies: whether kept results are brought within their limit now.

        Raises:
            InputError: `without` or `also` names a step that photos do not decide.
            PictureError: the photo cannot be read.
        """
        from whichmodel.catalog import cards
        from whichmodel.photo import findings
        from whichmodel.workflow import decide, enlarges, look_at

        if intent is None or not enlarges(intent):
            if self.without or self.also:
                raise InputError(
                    "--with and --without say what is done before an enlargement, and none is asked for in words"
                )
            return ()
        if not (self.looks or self.without or self.also):
            return ()
        facts = look_at(photo, limits=limits, cache=cache, tidies=tidies) if self.looks else None
        found = findings(facts) if facts else ()
        return decide(facts, found, cards(), without=self.without, also=self.also)
