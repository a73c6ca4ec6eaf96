"""What can go wrong, as a tree; the command line maps each to an exit code.

    WhichmodelError            1  a fault of ours or of the machine
    ├── InputError             2  what the user gave cannot be used
    │   ├── PictureError       2  a picture that cannot be read, or is too large
    │   └── UnboundError       2  a step whose model cannot run here
    ├── WeightsError           1  weights could not be fetched or do not match their hash
    └── StepError              1  a step of a workflow failed while running

Each message says what was wrong and where; `hint` says what to do.
"""

from __future__ import annotations


class WhichmodelError(Exception):
    """Base of all errors that whichmodel raises on purpose.

    Args:
        message: what was wrong, and where.
        hint: what the user can do about it.

    `exit_code` is that of the command line.

    >>> import whichmodel
    >>> print(whichmodel.InputError("dpi is 0", hint="at least 1"))
    dpi is 0
      at least 1
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


class InputError(WhichmodelError):
    """What the user gave cannot be used.

    >>> import whichmodel
    >>> try:
    ...     whichmodel.recommend("enlarge a photo", top=0)
    ... except whichmodel.InputError as error:
    ...     print(error.message, error.exit_code)
    top is 0 2
    """

    exit_code = 2


class PictureError(InputError):
    """A picture that cannot be read, is damaged, or exceeds a limit.

    >>> import tempfile, whichmodel
    >>> with tempfile.NamedTemporaryFile(suffix=".png") as file:
    ...     try:
    ...         whichmodel.plan("enlarge 2x", file.name)
    ...     except whichmodel.PictureError as error:
    ...         print(isinstance(error, whichmodel.InputError))
    True
    """


class UnboundError(InputError):
    """A step whose model cannot run here; the hint names what could stand in for it, where something can.

    >>> import whichmodel
    >>> issubclass(whichmodel.UnboundError, whichmodel.InputError), whichmodel.UnboundError.exit_code
    (True, 2)
    """


class WeightsError(WhichmodelError):
    """Weights that could not be fetched, or whose content is not the pinned one.

    >>> import whichmodel
    >>> issubclass(whichmodel.WeightsError, whichmodel.InputError), whichmodel.WeightsError.exit_code
    (False, 1)
    """


class StepError(WhichmodelError):
    """A step of a workflow failed while running; names the step and the tile. No file of the result's name is left.

    >>> import whichmodel
    >>> issubclass(whichmodel.StepError, whichmodel.WhichmodelError), whichmodel.StepError.exit_code
    (True, 1)
    """
