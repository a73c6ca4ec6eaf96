"""The installed program in a real browser: Chromium, driven by Playwright."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

CHROMIUM = os.environ.get("WHICHMODEL_CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FADED = "correct the faded colours of my old photo"
LONG = "enlarge my photo 16x"  # far longer than what is done while it runs
PAGES = (
    "/",
    "/ask?q=enlarge+my+photo+4x",
    "/models?runs=now",
    "/models/SPAN-4x",
    "/audit",
    "/history",
    "/none",
)
WAIT = 120_000
"""Milliseconds for what a busy computer may need."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of its own."""
    folder = tmp_path_factory.mktemp("served")
    process = subprocess.Popen(
        [sys.executable, "-m", "whichmodel", "serve", "--port", "0", "--folder", str(folder)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found
        yield found[0].rstrip("/")
    finally:
        process.terminate()
        try:
            process.wait(WAIT / 1000)
        finally:
            process.kill()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("needs Chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Chromium's own sandbox needs rights that containers do not give.
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def opened(browser: Any, address: str) -> Iterator[Callable[..., Any]]:
    """Opens pages of people; nothing may go wrong in them that the browser tells."""
    faults: list[str] = []
    contexts = []

    def make(**options: Any) -> Any:
        context = browser.new_context(base_url=address, **options)
        context.set_default_timeout(WAIT)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
        page.on(
            "request",
            lambda call: None if call.url.startswith((address, "blob:")) else faults.append(call.url),
        )
        return page

    yield make
    for context in contexts:
        context.close()
    assert not [fault for fault in faults if "404" not in fault]


@pytest.fixture(scope="module")
def photograph(photos: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real photograph, small, with faded colours."""
    from PIL import Image

    path = tmp_path_factory.mktemp("photos") / "old photo.png"
    Image.open(photos["coffee"]).resize((180, 120)).point(lambda value: value // 2 + 80).save(path)
    return path


def until(page: Any, condition: str) -> None:
    """Wait for a condition; what Playwright has for it evaluates text in the page, which the policy forbids."""
    for _ in range(WAIT // 100):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"never: {condition}")


def planned(page: Any, question: str, *photographs: Path) -> None:
    """From the question to the plan."""
    page.goto("/ask?q=" + question.replace(" ", "+"))
    page.set_input_files("#own", list(photographs))
    page.wait_for_url("**photo=**")
    page.wait_for_selector("#plan figure")


def run(page: Any) -> None:
    """From the plan to the page of the run."""
    page.click("#run-form [type=submit]")
    page.wait_for_url("**/runs/**")


def ended(page: Any) -> None:
    """Wait for the page of a run that has ended well; it is loaded anew whenever the run got further, now no more."""
    page.wait_for_selector("#keep")
    page.wait_for_load_state()


def test_from_the_question_to_the_evidence(opened: Callable[..., Any], photograph: Path) -> None:
    page = opened()
    page.goto("/")
    page.fill("#q", FADED)
    page.set_input_files("#file", photograph)
    page.get_by_text("180 × 120 pixels: ready").wait_for()
    page.get_by_role("button", name="Ask", exact=True).click()
    page.wait_for_selector(".reply")
    cited = page.locator("a.cite").first
    target = cited.get_attribute("href")
    cited.click()
    page.locator(f"{target}:target").wait_for()
    page.wait_for_selector("#plan figure")
    page.locator("#plan svg a:visible").first.click()
    page.locator("details.step:target[open]").wait_for()
    run(page)
    ended(page)
    look = "document.querySelector('canvas').getContext('2d').getImageData(%s, 200, 1, 1).data.join()"
    left, right = (look % f"document.querySelector('canvas').width * {share}" for share in (0.4, 0.6))
    until(page, f"{left} !== '0,0,0,0' && {right} !== '0,0,0,0' && {left} !== {right}")
    until(page, "document.querySelector('[data-viewer]').waiting === 0")
    after = page.evaluate(right)
    page.locator("[data-divider]").fill("100")
    until(page, f"{right} !== {after!r}")  # the divider shows the photo there now
    page.check("[data-map]")
    page.select_option("[data-print]", label="A3")
    page.locator("[data-print-told]", has_text="42.0").wait_for()
    until(page, "Number(document.querySelector('[data-scene-picture]').getAttribute('width')) === 42")
    with page.expect_download() as download:
        page.get_by_role("link", name="The picture").click()
    assert download.value.suggested_filename == "old-photo-result.png"
    page.goto("/history")
    page.locator(".past").wait_for()  # exactly one, else this fails


def test_reload_cancel_and_two_people_at_once(
    opened: Callable[..., Any], photos: dict[str, Path], photograph: Path
) -> None:
    first, second = opened(), opened()
    planned(second, FADED, photograph)
    planned(first, LONG, photos["coffee"])
    run(first)
    run(second)
    first.reload()
    first.wait_for_selector("[data-steps] progress")
    own = second.url
    second.goto(first.url)
    second.get_by_text("There is no such run").wait_for()
    second.goto(own)
    second.get_by_text("before yours").wait_for()
    first.get_by_role("button", name="End it").click()
    first.get_by_role("heading", name="You ended it").wait_for()
    second.goto("/history")
    second.locator(".past-link").click()
    ended(second)
    first.goto("/history")
    first.get_by_text("ended by you").wait_for()


def test_a_model_in_the_place_of_another_and_a_mask(
    opened: Callable[..., Any], photograph: Path, tmp_path: Path
) -> None:
    from PIL import Image

    mask = tmp_path / "mask.png"
    Image.new("L", (180, 120), 255).save(mask)
    page = opened()
    planned(page, "SISR-DRN-S-8x", photograph, photograph)
    submit = page.locator("#run-form [type=submit]")
    until(page, "document.querySelector('#run-form [type=submit]').disabled")
    assert submit.inner_text() == "Run it on all 2"
    page.get_by_label("SPAN-4x then SPAN-2x").check()
    until(page, "!document.querySelector('#run-form [type=submit]').disabled")
    until(page, "document.activeElement.value === 'SPAN-4x+SPAN-2x'")
    page.set_input_files("#mask", mask)
    kept = page.locator("#plan summary", has_text="leave alone what the mask marks")
    kept.wait_for()
    page.get_by_role("button", name="Without a mask").click()
    kept.wait_for(state="detached")


def test_it_works_by_keyboard_alone(opened: Callable[..., Any], photograph: Path) -> None:
    page = opened()
    page.goto("/")
    keys = page.keyboard

    def tab_to(condition: str) -> None:
        for _ in range(80):
            keys.press("Tab")
            if page.evaluate(f"document.activeElement.matches({condition!r})"):
                return
        raise AssertionError(f"Tab does not reach {condition}")

    tab_to(".skip")
    tab_to("#q")
    keys.type(FADED)
    keys.press("Enter")
    page.wait_for_url("**/ask?**")
    page.wait_for_selector(".reply")
    tab_to("#own")
    page.set_input_files("#own", photograph)
    page.wait_for_url("**photo=**")
    page.wait_for_selector("#plan figure")
    tab_to("#run-form [type=submit]")
    keys.press("Enter")
    page.wait_for_url("**/runs/**")
    ended(page)
    tab_to("canvas")
    until(page, "document.querySelector('output[data-told]').textContent")
    before = page.locator("output[data-told]").inner_text()
    keys.press("+")
    until(page, f"document.querySelector('output[data-told]').textContent !== {before!r}")
    tab_to("[data-divider]")
    keys.press("End")
    until(page, "document.querySelector('[data-divider]').value === '100'")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_a_phone_shows_all(
    opened: Callable[..., Any], photograph: Path, scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = opened(color_scheme=scheme, viewport={"width": 390, "height": 844})
    planned(page, FADED, photograph)
    run(page)
    ended(page)
    found = []
    for path in (page.url, *PAGES):
        page.goto(path)
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        found += [f"{path}: {over} pixels too wide"] if over > 0 else []
        axe = Axe().run(
            page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}
        )
        found += [
            f"{path}: {fault['id']}: {fault['nodes'][0]['html'][:200]}"
            for fault in axe.response["violations"]
        ]
    assert not found, "\n".join(found)
