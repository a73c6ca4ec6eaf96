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
        process.wait(30)


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


def begun(page: Any, question: str, photograph: Path) -> None:
    """From the question to the page of a run."""
    page.goto("/ask?q=" + question.replace(" ", "+"))
    page.set_input_files("#own", photograph)
    page.wait_for_url("**photo=**")
    page.wait_for_selector("#plan figure")
    page.click("#run-form button[type=submit]")
    page.wait_for_url("**/runs/**")


def test_from_the_question_to_the_evidence(opened: Callable[..., Any], photograph: Path) -> None:
    page = opened()
    page.goto("/")
    page.fill("#q", FADED)
    page.set_input_files("#file", photograph)
    page.get_by_text("180 × 120 pixels: ready").wait_for()
    page.click("text=Ask >> nth=-1")
    page.wait_for_selector(".reply")
    cited = page.locator("a.cite").first
    target = cited.get_attribute("href")
    cited.click()
    page.locator(f"{target}:target").wait_for()
    page.wait_for_selector("#plan figure")
    page.locator("#plan svg a:visible").first.click()
    page.locator("details.step:target[open]").wait_for()
    page.click("#run-form button[type=submit]")
    page.wait_for_url("**/runs/**")
    page.wait_for_selector(".legend-list")
    until(page, "document.querySelector('[data-viewer]').waiting === 0")
    look = "document.querySelector('canvas').getContext('2d').getImageData(%d, 200, 1, 1).data.join()"
    width = page.evaluate("document.querySelector('canvas').width")
    before, after = (page.evaluate(look % (width * share)) for share in (0.4, 0.6))
    assert before != after
    page.locator("[data-divider]").fill("100")
    page.wait_for_timeout(200)
    assert page.evaluate(look % (width * 0.6)) != after, "the divider shows the photo there now"
    page.check("[data-map]")
    page.select_option("[data-print]", label="A3")
    assert "42.0" in page.locator("[data-print-told]").inner_text()
    with page.expect_download() as download:
        page.get_by_role("link", name="The picture").click()
    assert download.value.suggested_filename == "old-photo-result.png"
    page.goto("/history")
    assert page.locator(".past").count() == 1


def test_reload_cancel_and_two_people_at_once(
    opened: Callable[..., Any], photos: dict[str, Path], photograph: Path
) -> None:
    first, second = opened(), opened()
    begun(first, "enlarge my photo 4x", photos["coffee"])
    begun(second, FADED, photograph)
    first.reload()
    first.wait_for_selector("[data-steps] progress")
    assert first.locator("[data-run]").count() == 1
    second.goto(first.url)
    assert "There is no such run" in second.content()
    first.click("text=End it")
    first.get_by_role("heading", name="You ended it").wait_for()
    second.goto("/history")
    second.locator(".past-link").click()
    second.wait_for_selector(".legend-list")
    assert second.locator("text=Keep it").count()


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
    page.wait_for_selector(".reply")
    tab_to("#own")
    page.set_input_files("#own", photograph)
    page.wait_for_url("**photo=**")
    page.wait_for_selector("#plan figure")
    tab_to("#run-form button")
    keys.press("Enter")
    page.wait_for_url("**/runs/**")
    page.wait_for_selector(".legend-list")
    tab_to("canvas")
    told = page.locator("output[data-told]")
    before = told.inner_text()
    keys.press("+")
    until(page, f"document.querySelector('output[data-told]').textContent !== {before!r}")
    tab_to("[data-divider]")
    keys.press("End")
    assert page.locator("[data-divider]").input_value() == "100"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_a_phone_shows_all(
    opened: Callable[..., Any], photograph: Path, scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = opened(color_scheme=scheme, viewport={"width": 390, "height": 844})
    begun(page, FADED, photograph)
    page.wait_for_selector(".legend-list")
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
