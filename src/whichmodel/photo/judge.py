"""Which facts about a photo are problems worth a step of a workflow: the one place with the thresholds.

The strengths are made to be compared: about 0.1 at the threshold, 0.5 where a photo plainly suffers (noise of 25,
a movement of 12 pixels, JPEG at quality 30), 1 where little of it is left.
"""

from __future__ import annotations

from collections.abc import Iterator

from whichmodel.domain.photo import Blur, Finding, Jpeg, Measured, PhotoFacts, Tone
from whichmodel.photo.jpeg_noise import COARSE
from whichmodel.photo.jpeg_noise import METHOD as BEFORE_JPEG

NOISE = 9.0
"""Sigma of 255. Of Set5, Set14, at all sizes, and of photographs the highest is 7.9, by a meadow; of pictures that were
moved and then went through JPEG of quality 40 it is 8.3, and at least 9.2 where noise of 15 came between."""
NOISE_BEFORE_JPEG, NOISE_BEFORE_COARSE_JPEG = 14.0, 20.0
"""The same where it is told from what JPEG kept, at quality 60 and above and below: texture looks like noise there."""
SURE_BEFORE_JPEG, SURE_BEFORE_COARSE_JPEG = 11.5, 14.5
"""The same where flat places still show grain. Of 18 pictures and 5 textures without noise none passes at quality 60 to
90; with noise of 15 it is 20 to 22 of them, where without a look at flat places it was 17."""
FOCUS = 0.8
"""Sigma of the sharpest edges in pixels."""
QUALITY = 65
"""Highest quality of JPEG that is worth mending; pictures of research data have passed 75 unseen."""
CLIPPED = 0.02
"""Share of the pixels; a lamp or the sun is less."""
DAMAGED = 13 / 64
"""Share of the parts of a photo; more than what makes operation `scratches` keen, for a street full of wires has 11."""
LIFTED, DULL = 0.15, 0.65
"""Black and white points beyond which a photo has faded: small sharp pictures in Set14 have blacks of 0.13."""
_SURE_OF_PIXELS = 0.75


def findings(facts: PhotoFacts) -> tuple[Finding, ...]:
    """The problems of a photo, the strongest first; empty for a photo that needs nothing."""
    found = [
        *_noise(facts.noise, facts.jpeg, facts.blur),
        *_blur(facts.blur),
        *_jpeg(facts.jpeg),
        *_tone(facts.tone),
        *_damage(facts.damage),
    ]
    return tuple(sorted(found, key=lambda finding: (-finding.strength, finding.kind)))


def all_clear(facts: PhotoFacts) -> tuple[str, ...]:
    """Sentences on what was looked for and not found, and on what was not looked at."""
    kinds = {finding.kind for finding in findings(facts)}
    clear = []
    if facts.noise is not None and "noise" not in kinds:
        clear.append(f"no noise worth removing was found (σ≈{facts.noise.value:.0f})")
    if facts.blur is not None and facts.blur.kind == "none":
        clear.append("no blur was found")
    if facts.jpeg is not None and "jpeg" not in kinds:
        quality = facts.jpeg.quality
        told = f"quality {quality} shows no blocks worth removing" if quality else "no traces were found"
        clear.append(f"JPEG: {told}")
    return (*clear, *(f"{name}: {why}" for name, why in sorted(facts.not_measured.items())))


def _noise(noise: Measured | None, jpeg: Jpeg | None, blur: Blur | None) -> Iterator[Finding]:
    if noise is None:
        return
    least = NOISE
    # A movement leaves no fine texture that could look like noise.
    moved = blur is not None and blur.kind == "motion"
    if noise.method == BEFORE_JPEG and not moved and jpeg is not None and jpeg.quality is not None:
        fine = (NOISE_BEFORE_JPEG, SURE_BEFORE_JPEG)
        coarse = (NOISE_BEFORE_COARSE_JPEG, SURE_BEFORE_COARSE_JPEG)
        least = (fine if jpeg.quality >= COARSE else coarse)[noise.confidence >= _SURE_OF_PIXELS]
    if noise.value < least:
        return
    sure = "" if noise.confidence >= _SURE_OF_PIXELS else ", though this is less sure than usual"
    yield Finding(
        kind="noise",
        strength=_bounded(noise.value / 50),
        confidence=noise.confidence,
        sentence=f"your photo is noisy (σ≈{noise.value:.0f} of 255){sure}",
    )


def _blur(blur: Blur | None) -> Iterator[Finding]:
    if blur is None or blur.kind == "none":
        return
    if blur.kind == "motion":
        yield Finding(
            kind="motion-blur",
            strength=_bounded(0.2 + blur.extent / 40),
            confidence=blur.confidence,
            sentence=f"your photo is blurred by a movement of about {blur.extent:.0f} pixels at {blur.angle:.0f}°",
        )
    elif blur.extent >= FOCUS:
        yield Finding(
            kind="focus-blur",
            strength=_bounded(blur.extent / 6),
            confidence=blur.confidence,
            sentence=f"even the sharpest edges of your photo are soft (σ≈{blur.extent:.1f} pixels)",
        )


def _jpeg(jpeg: Jpeg | None) -> Iterator[Finding]:
    if jpeg is None or jpeg.quality is None or jpeg.quality > QUALITY:
        return
    yield Finding(
        kind="jpeg",
        strength=_bounded(0.1 + (QUALITY - jpeg.quality) / 85),
        confidence=jpeg.confidence,
        sentence=f"your photo was strongly compressed (JPEG quality {jpeg.quality})",
    )


def _tone(tone: Tone | None) -> Iterator[Finding]:
    if tone is None:
        return
    clipped = max(tone.highlights, tone.shadows)
    if clipped >= CLIPPED:
        where = "highlights" if tone.highlights >= tone.shadows else "shadows"
        yield Finding(
            kind="clipped",
            strength=_bounded(clipped),
            confidence=tone.confidence,
            sentence=f"{clipped:.0%} of your photo is cut off in the {where}; what was there is lost",
        )
    if min(tone.black) > LIFTED or max(tone.white) < DULL:
        sentence = f"your photo has faded: its range is {min(tone.black):.0%} to {max(tone.white):.0%}"
        yield Finding(kind="faded", strength=0.3, confidence=tone.confidence, sentence=sentence)
    # A scene in warm light has the same statistics as a cast; faded dyes have lifted blacks too.
    if tone.cast and tone.faded:
        sentence = "your photo has a cast of colour"
        yield Finding(kind="cast", strength=0.3, confidence=tone.confidence, sentence=sentence)


def _damage(damage: Measured | None) -> Iterator[Finding]:
    if damage is not None and damage.value >= DAMAGED:
        yield Finding(
            kind="damage",
            strength=_bounded(0.1 + damage.value),
            confidence=damage.confidence,
            sentence=f"scratches or specks lie on {damage.value:.0%} of the parts of your photo",
        )


def _bounded(value: float) -> float:
    return round(min(1.0, max(0.0, value)), 3)
