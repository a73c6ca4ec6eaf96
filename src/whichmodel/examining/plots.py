"""Small drawings for the page: power spectra and edge profiles, as SVG whose colours are those of the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from whichmodel.examining.edges import Edge
from whichmodel.examining.spectrum import Spectrum

_WIDE, _HIGH = 640, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 12, 14, 44
_EDGE_WIDE, _EDGE_HIGH = 200, 150


def spectrum_svg(found: Spectrum) -> str:
    """Both spectra over frequency, with the photo's limit."""
    known = [each for each in (*found.before_db, *found.after_db) if each is not None]
    low, high = min(known), max(known)
    low, high = 10 * (low // 10), 10 * -(-high // 10)
    top = max(found.frequency[-1], 0.5)

    def x(frequency: float) -> float:
        return _LEFT + (_WIDE - _LEFT - _RIGHT) * frequency / top

    def y(level: float) -> float:
        return _TOP + (_HIGH - _TOP - _BOTTOM) * (high - level) / max(1.0, high - low)

    parts = [_open(_WIDE, _HIGH, "Power spectrum of photo and result")]
    limit = x(0.5)
    if top > 0.51:
        parts.append(
            f'<rect class="beyond" x="{limit:.1f}" y="{_TOP}" width="{_WIDE - _RIGHT - limit:.1f}"'
            f' height="{_HIGH - _TOP - _BOTTOM}"/>'
        )
        parts.append(_words(limit + 6, _TOP + 14, "finer than the photo’s pixels"))
    for level in range(int(low), int(high) + 1, 20):
        parts.append(
            f'<line class="grid" x1="{_LEFT}" x2="{_WIDE - _RIGHT}" y1="{y(level):.1f}" y2="{y(level):.1f}"/>'
        )
        parts.append(_words(_LEFT - 6, y(level) + 4, f"{level}", "end"))
    step = 0.25 if top <= 1.05 else 0.5
    parts += [
        _words(x(count * step), _HIGH - _BOTTOM + 16, f"{count * step:g}", "middle")
        for count in range(int(top / step + 1e-9) + 1)
    ]
    parts.append(
        _words((_LEFT + _WIDE) / 2, _HIGH - 8, "fineness: cycles for each pixel of the photo", "middle")
    )
    parts.append(
        f'<text class="words" transform="translate(14 {(_HIGH - _BOTTOM) / 2:.0f}) rotate(-90)"'
        ' text-anchor="middle">strength, dB</text>'
    )
    for name, levels in (("after", found.after_db), ("before", found.before_db)):
        points = [
            (x(frequency), y(level))
            for frequency, level in zip(found.frequency, levels, strict=True)
            if level is not None
        ]
        parts.append(_line(name, points))
    return "".join(parts) + "</svg>"


def edge_svg(edge: Edge) -> str:
    """One edge's profiles in both pictures."""
    levels = [*edge.before_profile, *edge.after_profile]
    low, high = min(levels), max(levels)
    first, last = edge.profile_at[0], edge.profile_at[-1]

    def points(profile: Sequence[float]) -> list[tuple[float, float]]:
        return [
            (
                8 + (_EDGE_WIDE - 16) * (place - first) / (last - first),
                8 + (_EDGE_HIGH - 34) * (high - level) / max(1.0, high - low),
            )
            for place, level in zip(edge.profile_at, profile, strict=True)
        ]

    told = f"{edge.before_width:.1f} → {edge.after_width:.1f} pixels"
    return (
        _open(_EDGE_WIDE, _EDGE_HIGH, f"An edge at x {edge.x}, y {edge.y}: {told}")
        + _line("after", points(edge.after_profile))
        + _line("before", points(edge.before_profile))
        + _words(_EDGE_WIDE / 2, _EDGE_HIGH - 8, told, "middle")
        + "</svg>"
    )


def _open(wide: int, high: int, title: str) -> str:
    return (
        f'<svg viewBox="0 0 {wide} {high}" width="{wide}" height="{high}" role="img"'
        f' xmlns="http://www.w3.org/2000/svg"><title>{title}</title>'
    )


def _line(name: str, points: Iterable[tuple[float, float]]) -> str:
    return f'<polyline class="{name}" points="' + " ".join(f"{x:.1f},{y:.1f}" for x, y in points) + '"/>'


def _words(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text class="words" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'
