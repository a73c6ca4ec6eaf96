"""The evidence as a stand-alone page for people: one paragraph, the pictures, what to be careful with, the numbers."""

from __future__ import annotations

import html
from collections.abc import Sequence
from importlib import resources

from whichmodel.examining.first import explain
from whichmodel.examining.full import Evidence
from whichmodel.examining.plots import edge_svg, spectrum_svg
from whichmodel.examining.words import careful, edge_words, not_looked, paragraph, spectrum_words

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' file:; base-uri 'none'; form-action 'none'"
)


def evidence_page(found: Evidence, *, offer: Sequence[str] = (), files: Sequence[str] = ()) -> str:
    """The page; it shows `evidence.png` and `before-after.png` from its own folder.

    Args:
        offer: sentences about what could be done with the result; the last is a command.
        files: names of what lies beside the page.
    """
    body = [
        "<h1>What of this picture is in your photo?</h1>",
        f'<p class="said">{_text(paragraph(found))}</p>',
        '<figure><img src="evidence.png" alt="The photo, the result, and a map of what in it the photo supports">'
        "</figure>",
        _careful(found),
        _offer(offer),
        '<h2>Side by side</h2><figure><img src="before-after.png" alt="Before and after, and a detail of both">'
        "</figure>",
        _measured(found),
        "<h2>The numbers</h2><ul>" + "".join(f"<li>{_text(line)}</li>" for line in explain(found)) + "</ul>",
        f'<p class="small">Beside this page: {_text(", ".join(files))}.</p>' if files else "",
    ]
    style = resources.files("whichmodel.examining").joinpath("data/page.css").read_text("utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>What of this picture is in your photo?'
        '</title><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{html.escape(_POLICY)}"><style>\n{style}</style></head>'
        "<body><main>\n" + "\n".join(part for part in body if part) + "\n</main></body></html>\n"
    )


def _careful(found: Evidence) -> str:
    listed = "".join(f"<li>{_text(line)}</li>" for line in careful(found))
    beside = "".join(f'<p class="small">{_text(line)}</p>' for line in not_looked(found))
    if not listed:
        return beside
    told = "<p>The numbers are those of the frames in the map.</p>"
    return f"<h2>Be careful with</h2>{told}<ol>{listed}</ol>{beside}"


def _offer(offer: Sequence[str]) -> str:
    if not offer:
        return ""
    *told, command = offer
    return (
        "<h2>Keep only what your photo supports</h2>"
        + "".join(f"<p>{_text(line)}</p>" for line in told)
        + f"<p><code>{_text(command)}</code></p>"
    )


def _measured(found: Evidence) -> str:
    reading, parts = found.reading, []
    key = '<p class="small key"><span class="b"></span> your photo &nbsp; <span></span> the result</p>'
    if reading.spectrum is not None:
        parts.append(
            f"<h2>How fine the detail is</h2><p>{_text(spectrum_words(reading.spectrum))}</p>"
            f"<figure>{spectrum_svg(reading.spectrum)}{key}</figure>"
        )
    if reading.edges:
        drawn = "".join(edge_svg(edge) for edge in reading.edges)
        parts.append(
            f"<h2>How sharp the edges are</h2><p>{_text(edge_words(reading.edges))}</p><figure>{drawn}{key}</figure>"
        )
    return "".join(parts)


def _text(text: str) -> str:
    return html.escape(text)
