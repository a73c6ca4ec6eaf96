"""A server in the test's own process, with its own folder; the processes that work are real."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from whichmodel.web.app import make_app
from whichmodel.web.settings import LOOPBACK, Settings

BASE = "http://localhost:8470"


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Small limits, so that they can be met."""
    return Settings(
        folder=tmp_path_factory.mktemp("web"),
        names=LOOPBACK,
        upload_bytes=2_000_000,
        photo_megapixels=1,
        max_megapixels=4,
        askers=1,
        most_runs=3,
    )


@pytest.fixture(scope="session")
def client(settings: Settings) -> Iterator[TestClient]:
    """A browser of one person."""
    with TestClient(make_app(settings), base_url=BASE, headers={"Accept": "text/html"}) as made:
        yield made


@pytest.fixture
def stranger(client: TestClient) -> TestClient:
    """A browser of another person on the same server."""
    return TestClient(client.app, base_url=BASE, headers={"Accept": "text/html"})


class Person:
    """What a person does in a browser.

    Args:
        client: of the person.
    """

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def bring(self, path: Path, name: str = "cup.png") -> dict[str, str]:
        """Upload a photo and give what the server says of it."""
        answer = self.client.post("/photos", content=path.read_bytes(), headers={"X-Name": name})
        assert answer.status_code == 201, answer.text
        found: dict[str, str] = answer.json()
        return found

    def start(self, photo: str, question: str, **fields: str) -> str:
        """Start a run and give its address."""
        given = {"q": question, "photo": photo, **fields}
        answer = self.client.post("/runs", data=given, follow_redirects=False)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def ended(self, address: str, seconds: float = 300) -> str:
        """Wait for the end of a run and give its page."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            page = self.client.get(address).text
            if "data-run=" not in page:
                return page
            time.sleep(0.2)
        raise AssertionError(f"{address} did not end in {seconds} s")


@pytest.fixture(scope="session")
def one(client: TestClient) -> Person:
    """One person."""
    return Person(client)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo of 60 x 40 pixels with faded colours."""
    from skimage.data import coffee
    from skimage.io import imsave

    path = tmp_path_factory.mktemp("photos") / "small.png"
    imsave(path, (coffee()[::10, ::10] // 2 + 80).astype(np.uint8), check_contrast=False)
    return path
