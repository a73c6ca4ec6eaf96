"""`whichmodel serve`: the web application on this computer."""

from __future__ import annotations

import importlib.util
import json
import socket
import webbrowser
from pathlib import Path

import click

from whichmodel.domain import SCHEMA_VERSION, InputError

_NEEDED = ("jinja2", "starlette", "uvicorn")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8470, show_default=True, help="0 takes a free one."
)
@click.option(
    "--name",
    "names",
    multiple=True,
    metavar="NAME",
    help="A further name by which browsers reach this server.",
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where photos and results are kept; by default in the cache folder.",
)
@click.option(
    "--keep-hours",
    type=click.FloatRange(0.1, 24 * 365),
    default=24.0,
    show_default=True,
    help="After which photos and results are removed.",
)
@click.option("--open", "opens", is_flag=True, help="Open the page in the browser.")
@click.option("--json", "as_json", is_flag=True, help="Print the address as a line of JSON.")
def serve(
    host: str,
    port: int,
    names: tuple[str, ...],
    folder: Path | None,
    keep_hours: float,
    opens: bool,
    as_json: bool,
) -> None:
    """Serve the web application: ask, drop a photo, run, compare.

    It listens on this computer alone unless --host says otherwise. There are no accounts: who reaches it may use it,
    and sees own photos and runs only.
    """
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(
            f"the web application needs {', '.join(missing)}, which are not installed",
            hint="pip install 'whichmodel[web]'",
        )
    import uvicorn

    from whichmodel.files import try_lock
    from whichmodel.web.app import make_app
    from whichmodel.web.settings import LOOPBACK, Settings
    from whichmodel.weights.cache import cache_dir

    home = (folder or cache_dir() / "web").absolute()
    own = {f"[{host}]" if ":" in host else host} if host not in ("0.0.0.0", "::") else set()  # noqa: S104
    settings = Settings(
        folder=home, names=LOOPBACK | own | {name.lower() for name in names}, keep_hours=keep_hours
    )
    app = make_app(settings)
    lock = try_lock(home / "lock")
    if lock is None:
        raise InputError(f"another server uses {home}", hint="end it, or name another folder with --folder")
    listening = _listen(host, port)
    try:
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{listening.getsockname()[1]}/"
        if as_json:
            click.echo(json.dumps({"schema_version": SCHEMA_VERSION, "address": address}))
        else:
            click.echo(f"whichmodel is at {address} (Ctrl-C ends it)")
        if host not in _LOOPBACK:
            click.echo("it can be reached from other computers, and has no accounts", err=True)
        if opens:
            webbrowser.open(address)
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=3
        )
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        listening.close()
        lock.free()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        # From here on a browser that comes is kept waiting, not refused.
        listening.listen(512)
    except OSError as error:
        listening.close()
        raise InputError(
            f"cannot listen on {host}, port {port}: {error.strerror or error}",
            hint="another program may use it: name another with --port, or 0 for a free one",
        ) from error
    return listening
