"""Programs that talk to a server: one in the test's own process with small limits, and one that is served."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from whichmodel.web.app import make_app
from whichmodel.web.settings import Settings

BASE = "http://localhost:8470"
FINAL = ("done", "failed", "cancelled")
WAIT = 120.0
"""Seconds for what a busy computer may need."""


class Program:
    """What a program does, with a token of its own.

    Args:
        client: that talks to a server; addresses are below `/api/v1`.
    """

    def __init__(self, client: Any) -> None:
        self.client = client
        self.token = self.call("POST", "/tokens", 201).json()["token"]
        self.headers = {"Authorization": f"Bearer {self.token}"}

    def call(self, method: str, path: str, status: int, **given: Any) -> Any:
        """Send a request and check the status of its answer."""
        headers = {**getattr(self, "headers", {}), **given.pop("headers", {})}
        answer = self.client.request(method, f"/api/v1{path}", headers=headers, **given)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text[:2000]}"
        return answer

    def bring(self, path: Path, name: str = "photo.png") -> str:
        """Upload a photo and give its id."""
        headers = {"Content-Type": "image/png"}
        answer = self.call(
            "POST", "/photos", 201, content=path.read_bytes(), params={"name": name}, headers=headers
        )
        return str(answer.json()["id"])

    def start(self, photo: str, what: Any, **order: Any) -> str:
        """Start a run and give its id."""
        answer = self.call("POST", "/runs", 202, json={"what": what, "photo": photo, **order})
        assert answer.headers["Location"] == f"/api/v1/runs/{answer.json()['id']}"
        return str(answer.json()["id"])

    def ended(self, run: str) -> dict[str, Any]:
        """Wait for the end of a run and give its state."""
        until = time.monotonic() + WAIT
        while time.monotonic() < until:
            state: dict[str, Any] = self.call("GET", f"/runs/{run}", 200).json()
            if state["state"] in FINAL:
                return state
            time.sleep(0.1)
        raise AssertionError(f"the run did not end in {WAIT} s")


@pytest.fixture(scope="session")
def api_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Small limits, so that they can be met."""
    return Settings(
        folder=tmp_path_factory.mktemp("rest"),
        upload_bytes=2_000_000,
        photo_megapixels=1,
        max_megapixels=4,
        askers=1,
        most_runs=3,
    )


@pytest.fixture(scope="session")
def served(api_settings: Settings) -> Iterator[TestClient]:
    """A client without a token, of a server in this process."""
    with TestClient(make_app(api_settings), base_url=BASE) as made:
        yield made


@pytest.fixture(scope="session")
def program(served: TestClient) -> Program:
    """A program with a token."""
    return Program(served)


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the installed program, which serves."""
    folder = tmp_path_factory.mktemp("served")
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "whichmodel", "serve", "--port", "0", "--folder", str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found
        yield found[0].rstrip("/")
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture(scope="session")
def caller(address: str) -> Iterator[Program]:
    """A program that calls the installed one over the network."""
    with httpx2.Client(base_url=address, timeout=WAIT) as client:
        yield Program(client)
