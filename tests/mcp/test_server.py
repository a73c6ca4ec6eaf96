"""The server for agents, through the client of the official SDK; once as the program itself over stdio."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import msgspec
import numpy as np
import pytest
from mcp.client.stdio import stdio_client

from mcp import Client, StdioServerParameters
from whichmodel.mcp.server import make_server
from whichmodel.pictures import Picture, bicubic, read_picture, write_picture

PROMPT = """A user has asked the following question:
"How can I enlarge a photo?"
### Recommended AI Models:
Model: SomeNet
Paper: https://example.org/somenet
Summary: SomeNet enlarges photographs four times.
Answer:"""


def in_session(root: Path, work: Callable[[Client], Awaitable[Any]]) -> Any:
    """What `work` gives in a session with a server for a folder."""

    async def session() -> Any:
        async with Client(make_server(root)) as client:
            return await work(client)

    return anyio.run(session)


def call(root: Path, tool: str, arguments: dict[str, Any]) -> Any:
    """One call of a tool: its structured result; fails where the tool says an error."""
    result = in_session(root, lambda client: client.call_tool(tool, arguments))
    assert not result.is_error, result.content
    return result.structured_content


def refused(root: Path, tool: str, arguments: dict[str, Any]) -> str:
    """What a refused call says."""
    result = in_session(root, lambda client: client.call_tool(tool, arguments))
    assert result.is_error
    return "".join(part.text for part in result.content)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one small picture."""
    noise = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)
    write_picture(Picture(noise), tmp_path / "photo.png")
    return tmp_path


def test_every_verb_is_a_tool_that_says_what_it_takes(folder: Path) -> None:
    tools = in_session(folder, lambda client: client.list_tools()).tools
    assert {tool.name for tool in tools} == {"ask", "answer", "recommend", "audit", "plan", "run", "evidence"}
    for tool in tools:
        assert tool.description
        assert tool.input_schema["properties"]


def test_recommending_gives_what_the_command_gives(folder: Path) -> None:
    found = call(folder, "recommend", {"question": "enlarge my photo 4x", "top": 2})
    assert found["intent"]["task"] == "super-resolution"
    assert [model["scale"] for model in found["models"]] == [4, 4]


def test_asking_gives_text_and_a_workflow_that_can_be_planned(folder: Path) -> None:
    told = call(folder, "ask", {"question": "How was my photo enlarged 4x?", "photo": "photo.png"})
    assert "super-resolution" in told["markdown"].lower()
    plan = call(folder, "plan", {"what": told["workflow"], "photo": "photo.png"})
    assert plan["size_out"] == [128, 96]


def test_answer_and_audit_know_only_the_prompt(folder: Path) -> None:
    told = call(folder, "answer", {"prompt": PROMPT})
    assert "https://example.org/somenet" in told["markdown"]
    found = call(folder, "audit", {"prompt": PROMPT, "answer": "SomeNet, see https://elsewhere.org/x."})
    assert found["links"]["outside"] == ["https://elsewhere.org/x"]


def test_running_writes_the_result_and_tells_progress(folder: Path) -> None:
    steps: list[tuple[float, float | None]] = []

    async def progress(done: float, total: float | None, message: str | None) -> None:
        steps.append((done, total))

    (folder / "sharpen.yaml").write_text(SHARPEN)
    arguments = {"what": "sharpen.yaml", "photo": "photo.png", "output": "out.png"}
    report = in_session(folder, lambda client: client.call_tool("run", arguments, progress_callback=progress))
    assert not report.is_error, report.content
    assert report.structured_content["output"]["width"] == 32
    assert (folder / "out.png").is_file()
    assert steps[-1][0] == steps[-1][1]


def test_evidence_is_written_and_told(folder: Path) -> None:
    photo = read_picture(folder / "photo.png")
    write_picture(Picture(bicubic(photo.pixels, 64, 48)), folder / "large.png")
    found = call(folder, "evidence", {"before": "photo.png", "after": "large.png", "folder_name": "report"})
    assert found["geometry"]["scale_x"] == pytest.approx(2, abs=0.02)
    assert found["told"][0]
    assert (folder / "report" / "evidence.html").is_file()


SHARPEN = """
title: sharpen
inputs: [{name: picture, type: image, shape: h × w × 3}]
steps:
  - {id: sharper, title: sharpen, operation: sharpen, takes: {image: picture}, gives: {name: result, type: image}}
output: sharper
"""


@pytest.mark.parametrize("name", ["../secret.png", "/etc/hostname", "link.png", "a\0b"])
def test_nothing_outside_the_folder_can_be_named(folder: Path, name: str) -> None:
    (folder / "link.png").symlink_to("/etc/hostname")
    assert "folder" in refused(folder, "plan", {"what": "enlarge 2x", "photo": name}) or "\0" in name
    refused(folder, "run", {"what": "enlarge 2x", "photo": "photo.png", "output": name})


def test_a_result_that_is_there_is_kept_unless_told(folder: Path) -> None:
    (folder / "sharpen.yaml").write_text(SHARPEN)
    (folder / "out.png").write_bytes(b"mine")
    arguments = {"what": "sharpen.yaml", "photo": "photo.png", "output": "out.png"}
    assert "there already" in refused(folder, "run", arguments)
    assert (folder / "out.png").read_bytes() == b"mine"
    call(folder, "run", {**arguments, "overwrite": True})
    assert (folder / "out.png").read_bytes() != b"mine"


def test_a_refusal_is_the_sentence_that_people_get(folder: Path) -> None:
    said = refused(folder, "plan", {"what": "enlarge", "photo": "photo.png"})
    assert "4x" in said


def test_cards_and_workflows_are_resources(folder: Path) -> None:
    async def read(client: Client) -> tuple[Any, Any, Any]:
        models = await client.read_resource("whichmodel://models")
        one = await client.read_resource("whichmodel://models/SPAN-4x")
        ready = await client.read_resource("whichmodel://workflows")
        return tuple(msgspec.json.decode(item.contents[0].text) for item in (models, one, ready))

    models, one, ready = in_session(folder, read)
    assert {"SPAN-4x"} <= {row["name"] for row in models}
    assert one["task"] == "super-resolution"
    assert ready[0]["stages"]


@pytest.mark.slow
def test_the_program_serves_over_stdio(folder: Path) -> None:
    async def session() -> Any:
        command = StdioServerParameters(
            command=sys.executable,
            args=["-m", "whichmodel", "mcp", "--root", str(folder)],
            env=dict(os.environ),
        )
        async with Client(stdio_client(command)) as client:
            return await client.call_tool("recommend", {"question": "remove the haze"})

    assert anyio.run(session).structured_content["intent"]["task"] == "dehazing"
