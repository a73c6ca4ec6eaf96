"""From an order to what `whichmodel plan` and `run` do for the same options."""

from __future__ import annotations

from whichmodel.api.asked import Asked
from whichmodel.api.look import Looking
from whichmodel.catalog import cards
from whichmodel.domain import InputError
from whichmodel.understand import understand
from whichmodel.understand.intent import for_print
from whichmodel.web.orders import GivenWorkflow, Order, Place
from whichmodel.workflow import check_workflow


def asked_by(order: Order, place: Place) -> Asked:
    """What an order asks for. Words are never taken for the name of a file.

    Args:
        place: where the photos that come beside the one that is worked on are.

    Raises:
        InputError: the workflow is not sound, the words are empty, a print size is not understood, said twice,
            or goes with a model or a workflow.
    """
    keep = place(order.keep) if order.keep is not None else None
    further = {name: place(id) for name, id in order.further.items()}
    if isinstance(order.what, GivenWorkflow):
        workflow = order.what.plain()
        check_workflow(workflow, where="the workflow", cards=cards())
        _no_print(order)
        return Asked(workflow, None, keep, further)
    if order.what in cards():
        _no_print(order)
        return Asked(order.what, None, keep, further)
    words = order.title
    if not words:
        raise InputError("nothing is asked for", hint="say what you want done, e.g. 'enlarge 4x'")
    return Asked(words, for_print(understand(words), order.paper, order.dpi or None), keep, further)


def looking_by(order: Order) -> Looking:
    """How an order wants the photo looked at."""
    return Looking(order.look, order.without, order.also)


def _no_print(order: Order) -> None:
    if order.paper or order.dpi:
        raise InputError(
            "--print and --dpi go with plain words, which leave open by how much the picture is enlarged",
            hint="say what you want done, e.g. 'enlarge', instead of a model or a workflow",
        )
