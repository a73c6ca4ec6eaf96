"""Plain types that every other part speaks in. Nothing here reads files or runs models."""

from whichmodel.domain.answer import (
    Answer,
    DraftReport,
    Mismatch,
    QuestionRow,
    Sentence,
    SourceRow,
    Span,
    StepRow,
)
from whichmodel.domain.audit import Audit, Claim, LinkFindings, MismatchFinding, NameFindings
from whichmodel.domain.brief import Brief, Source
from whichmodel.domain.card import Link, ModelCard, Scale, Statement
from whichmodel.domain.errors import (
    InputError,
    PictureError,
    StepError,
    UnboundError,
    WeightsError,
    WhichmodelError,
)
from whichmodel.domain.intent import Candidate, Edit, Intent, PixelSize, PrintSize, Words
from whichmodel.domain.media import DataType, Port
from whichmodel.domain.paper import Paper
from whichmodel.domain.record import SCHEMA_VERSION, Record, from_data, from_json, to_data, to_json
from whichmodel.domain.task import Cues, Neighbour, Task
from whichmodel.domain.viewing import FAR_DPI
from whichmodel.domain.workflow import Parameter, Step, Workflow

__all__ = [
    "FAR_DPI",
    "SCHEMA_VERSION",
    "Answer",
    "Audit",
    "Brief",
    "Candidate",
    "Claim",
    "Cues",
    "DataType",
    "DraftReport",
    "Edit",
    "InputError",
    "Intent",
    "Link",
    "LinkFindings",
    "Mismatch",
    "MismatchFinding",
    "ModelCard",
    "NameFindings",
    "Neighbour",
    "Paper",
    "Parameter",
    "PictureError",
    "PixelSize",
    "Port",
    "PrintSize",
    "QuestionRow",
    "Record",
    "Scale",
    "Sentence",
    "Source",
    "SourceRow",
    "Span",
    "Statement",
    "Step",
    "StepError",
    "StepRow",
    "Task",
    "UnboundError",
    "WeightsError",
    "WhichmodelError",
    "Words",
    "Workflow",
    "from_data",
    "from_json",
    "to_data",
    "to_json",
]
