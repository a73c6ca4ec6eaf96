"""The verbs of the program: what the commands do, for Python programs.

Paths may be given as text. Everything that is refused is a `WhichmodelError` with a sentence for people and, mostly,
a hint; the input pictures are never changed, and a result appears under its name whole or not at all.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from whichmodel.api.asked import Asked, read_asked
from whichmodel.api.run import Feedback, RunOptions
from whichmodel.domain import Answer, Audit, InputError, Workflow

if TYPE_CHECKING:
    from whichmodel.examining import Evidence
    from whichmodel.recommending import Ranking
    from whichmodel.workflow import Plan, RunReport

Where = str | os.PathLike[str]


def ask(
    question: str,
    photo: Where | None = None,
    *,
    print_size: str = "",
    dpi: int | None = None,
    look: bool = True,
    without: Sequence[str] = (),
    also: Sequence[str] = (),
    substitute: str | None = None,
    writer: str = "builtin",
) -> Answer:
    """Answer a question from the catalog: the task, the models that do it, the workflow, the papers.

    Args:
        question: in plain words, at most 8 MB.
        photo: the picture that it is about; it is looked at, and what it needs first enters the workflow.
        print_size: of a wished print: `"60x90cm"`, `"A3"`, `"wall 3x2 m"`; needs a photo for its factor.
        dpi: dots per inch of that print.
        look: whether the photo is looked at.
        without, also: tasks that are left out or added, whatever was found: `"denoising"`, `"deblurring"`.
        substitute: models, joined by `+`, in the place of one that cannot run here.
        writer: `"builtin"`, or `"llm:NAME"` with a model that the `llm` library knows.

    Returns:
        The answer; `answer.workflow` is what `plan` and `run` take, `None` where no task was understood.

    Raises:
        InputError: wishes that do not go together. PictureError: the photo cannot be read.

    >>> import whichmodel
    >>> answer = whichmodel.ask("How was my old photo enlarged 4x?")
    >>> answer.workflow.steps[0].operation
    'model'
    """
    from whichmodel.api.ask import ask_about
    from whichmodel.api.look import Looking

    return ask_about(
        question,
        _path(photo),
        paper=print_size,
        dpi=dpi,
        look=Looking(look, tuple(without), tuple(also)),
        substitute=substitute,
        writer=writer,
    ).answer


def answer(prompt: str | Path, *, writer: str = "builtin") -> Answer:
    """Answer the question of a prompt from the models and papers that stand in it, and nothing else.

    Args:
        prompt: the text of the prompt, or a `Path` to its file; at most 8 MB.
        writer: as of `ask`.

    Returns:
        The answer; its `sources` are the models and papers of the prompt, numbered in their order.

    Raises:
        InputError: the file cannot be read, or the text is no prompt; says what was expected.

    >>> import whichmodel
    >>> prompt = '''A user has asked the following question:
    ... "How can I enlarge a photo?"
    ... ### Recommended AI Models:
    ... Model: SomeNet
    ... Summary: SomeNet enlarges photographs four times.
    ... Answer:'''
    >>> whichmodel.answer(prompt).question
    'How can I enlarge a photo?'
    """
    from whichmodel.api.writers import write_by
    from whichmodel.understand.prompt_format import read_prompt

    content, where = _content(prompt, "the prompt")
    return write_by(writer, read_prompt(content, where=where))


def recommend(question: str, *, top: int = 3, collection: str | None = None) -> Ranking:
    """Rank the catalog's models for a question, each with the reason and what speaks against it.

    Args:
        question: in plain words.
        top: how many at most, from 1.
        collection: only models of this collection: `"cnaps"`, `"whichmodel"`, or a catalog of an installed package.

    Returns:
        `intent`, what was understood; `models`, best first, each with its `card`; `unsure`, a sentence
        where the question leaves open what is meant.

    Raises:
        InputError: `top` is less than 1, or there is no such collection.

    >>> import whichmodel
    >>> whichmodel.recommend("sharpen my shaky photo").intent.task
    'deblurring'
    """
    from whichmodel.recommending import recommend as rank
    from whichmodel.understand import understand

    if top < 1:
        raise InputError(f"top is {top}", hint="at least 1")
    return rank(understand(question), top=top, collection=collection)


def audit(prompt: str | Path, answer: str | Path) -> Audit:
    """What of an answer its prompt bears out, whoever wrote the answer.

    Args:
        prompt, answer: texts, or `Path`s to files; at most 8 MB each. The answer is Markdown.

    Returns:
        Links and names from elsewhere, what is left out, and for each claim what the prompt says of it.

    Raises:
        InputError: a file cannot be read, the prompt is none, or the answer is empty.

    >>> import whichmodel
    >>> prompt = '''A user has asked the following question:
    ... "How can I enlarge a photo?"
    ... ### Recommended AI Models:
    ... Model: SomeNet
    ... Summary: SomeNet enlarges photographs four times.
    ... Answer:'''
    >>> found = whichmodel.audit(prompt, "See https://example.org/other for SomeNet.")
    >>> found.links.outside
    ('https://example.org/other',)
    """
    from whichmodel.api.audited import audit_texts

    (given, prompt_name), (told, answer_name) = _content(prompt, "the prompt"), _content(answer, "the answer")
    return audit_texts(given, told, prompt_name=prompt_name, answer_name=answer_name)[0]


def plan(
    what: str | Workflow,
    photo: Where,
    *,
    output: Where | None = None,
    print_size: str = "",
    dpi: int | None = None,
    keep: Where | None = None,
    look: bool = True,
    without: Sequence[str] = (),
    also: Sequence[str] = (),
    substitute: str | None = None,
    inputs: Mapping[str, Where] | None = None,
    device: str = "cpu",
    calibrate: bool = False,
) -> Plan:
    """What `run` would do to a picture: sizes, memory, time, what is missing; nothing is done.

    Args:
        what: the exact name of a model, the path of a workflow file, plain words, or a workflow.
        photo: path of the picture.
        output: where the result would go; its format is checked.
        keep: a mask of the photo's size in pixels, white where the photo is left alone (resampled only).
        inputs: files of a workflow's further inputs by name.
        device: `"cpu"`, `"vulkan"`, `"cuda"` or `"auto"`.
        calibrate: time models that were never timed on this computer, about a second each.
        print_size, dpi, look, without, also, substitute: as of `ask`.

    Returns:
        The plan: sizes are (width, height) in pixels, memory and disk in bytes, shares 0..1, time in seconds
        (`None` where the model was never timed on this computer); `plan.runs` says whether all of it can run here.

    Raises:
        InputError: not understood. PictureError: the photo cannot be read.

    >>> import tempfile, pyvips, whichmodel
    >>> photo = tempfile.mkdtemp() + "/photo.png"
    >>> waves = (pyvips.Image.perlin(96, 64, cell_size=16, seed=1) + 1) * 127
    >>> waves.cast("uchar").write_to_file(photo)
    >>> plan = whichmodel.plan("enlarge 4x", photo)
    >>> plan.size_in, plan.size_out, plan.new_pixel_share
    ((96, 64), (384, 256), 0.9375)
    """
    from whichmodel.api.look import Looking
    from whichmodel.api.plan import plan_asked

    return plan_asked(
        _asked(what, print_size, dpi, keep, inputs),
        Path(photo),
        output=_path(output),
        look=Looking(look, tuple(without), tuple(also)),
        substitute=substitute,
        device=device,
        calibrate=calibrate,
    )


def run(
    what: str | Workflow,
    photo: Where,
    output: Where,
    *,
    print_size: str = "",
    dpi: int | None = None,
    keep: Where | None = None,
    look: bool = True,
    without: Sequence[str] = (),
    also: Sequence[str] = (),
    inputs: Mapping[str, Where] | None = None,
    options: RunOptions | None = None,
    feedback: Feedback | None = None,
) -> RunReport:
    """Do something to a picture file, and write the result beside a record of how it was made.

    Args:
        what, print_size, dpi, keep, look, without, also, inputs: as of `plan`.
        photo: path of the picture; it is never changed.
        output: path of the result; its ending chooses the format. A file of this name is replaced.
        options: quality, memory, device, resumption; see `RunOptions`.
        feedback: where the run tells how far it is; see `Feedback`.

    Returns:
        What was done: sizes in pixels, steps with seconds and licences, the share (0..1) of new pixels, evidence.

    Raises:
        InputError: not understood. UnboundError: a step's model is not here. PictureError: the photo cannot be read.
        StepError: a step failed. WeightsError: weights could not be obtained.

    >>> import tempfile, pyvips, whichmodel
    >>> folder = tempfile.mkdtemp()
    >>> waves = (pyvips.Image.perlin(96, 64, cell_size=16, seed=1) + 1) * 127
    >>> waves.cast("uchar").write_to_file(folder + "/photo.png")
    >>> done = whichmodel.run("crop to 1:1 and rotate 90 degrees", folder + "/photo.png", folder + "/square.png")
    >>> [step.operation for step in done.steps], (done.output.width, done.output.height)
    (['crop', 'rotate'], (64, 64))
    """
    from whichmodel.api.look import Looking
    from whichmodel.api.run import run_asked

    return run_asked(
        _asked(what, print_size, dpi, keep, inputs),
        Path(photo),
        Path(output),
        options or RunOptions(),
        look=Looking(look, tuple(without), tuple(also)),
        feedback=feedback or Feedback(),
    )


def evidence(
    before: Where,
    after: Where,
    folder: Where,
    *,
    blur: str | None = None,
    noise: float | None = None,
    model: str | None = None,
    again: bool = False,
) -> Evidence:
    """What of a result its input bears out, whoever made it: recovered, guessed, invented, contradicted.

    Args:
        before, after: paths of the input and of the result, which may be enlarged, cropped or turned.
        folder: where `evidence.html`, `evidence.json`, the pictures and the maps go; it is made if needed.
        blur: how `before` came from what `after` shows: `"cubic"`, `"area"`, `"lanczos3"`, …; else it is estimated.
        noise: in `before`, 0..255, where known.
        model: that made the result, where no provenance beside it tells; for the expected error.
        again: enlarge `before` with a second model too, where that makes the expected error better; it costs a run.

    Returns:
        How the two agree, in steps of brightness 0..255 and in dB; the shares 0..1 of the result that are supported,
        guessed, invented or contradicted; places that stand out, in pixels of the result.

    Raises:
        InputError: the pictures do not belong together, or a file of the folder would overwrite one of them.
        PictureError: a picture cannot be read.

    >>> import tempfile, pyvips, whichmodel
    >>> folder = tempfile.mkdtemp()
    >>> waves = ((pyvips.Image.perlin(96, 64, cell_size=16, seed=1) + 1) * 127).cast("uchar")
    >>> waves.write_to_file(folder + "/photo.png")
    >>> waves.resize(2, kernel="cubic").write_to_file(folder + "/large.png")
    >>> found = whichmodel.evidence(folder + "/photo.png", folder + "/large.png", folder + "/evidence")
    >>> found.factor_x, found.new_pixel_share, found.shares.invented < 0.01  # a plain enlargement adds nothing
    (2.0, 0.75, True)
    """
    from whichmodel.examining.expected_origin import named_origin, origin_of
    from whichmodel.examining.folder import refuse_overwriting, write_evidence
    from whichmodel.pictures import open_picture

    first, second, place = Path(before), Path(after), Path(folder)
    refuse_overwriting(place, first, second)
    return write_evidence(
        open_picture(first),
        open_picture(second),
        place,
        names=(str(first), str(second)),
        kernel=blur,
        noise=noise,
        origin=named_origin(model) if model else origin_of(first, second),
        again=again,
    )


def _asked(
    what: str | Workflow,
    print_size: str,
    dpi: int | None,
    keep: Where | None,
    inputs: Mapping[str, Where] | None,
) -> Asked:
    further = [f"{name}={os.fspath(path)}" for name, path in (inputs or {}).items()]
    return read_asked(what, print_size, dpi, _path(keep), further)


def _path(where: Where | None) -> Path | None:
    return None if where is None else Path(where)


def _content(text: str | Path, what: str) -> tuple[bytes, str]:
    """The bytes of a text or a file, bounded, and what to call it in messages."""
    from whichmodel.understand.prompt_format import MAX_BYTES

    if isinstance(text, Path):
        where = str(text)
        try:
            with text.open("rb") as file:
                content = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise InputError(f"{where} cannot be read: {error.strerror}") from error
    else:
        content, where = text.encode("utf-8", "surrogatepass"), what
    if len(content) > MAX_BYTES:
        raise InputError(f"{where} is larger than {MAX_BYTES // 2**20} MB")
    return content, where
