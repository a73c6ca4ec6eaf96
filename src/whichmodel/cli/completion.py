"""`whichmodel completion`: what a shell needs to complete commands, options and the names of models."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem, get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script for SHELL.

    For bash, `whichmodel completion bash > ~/.local/share/bash-completion/completions/whichmodel`; for zsh and fish
    put it where yours looks for functions. Then commands, options, files and the names of models complete with Tab.
    """
    made = get_completion_class(shell)
    if made is None:  # pragma: no cover - the choice above names only shells that click knows
        raise click.UsageError(f"no completion for {shell}")
    root = click.get_current_context().find_root()
    # The script is text; bash's version is asked only where a shell sources it, so the check is left out.
    script = made(root.command, {}, "whichmodel", "_WHICHMODEL_COMPLETE")
    click.echo(script.source_template % script.source_vars())


def collection_names(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Names of collections of the catalog that begin so."""
    from whichmodel.catalog import collections

    return [CompletionItem(name) for name in collections() if name.startswith(incomplete.casefold())]


def model_names(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of models of the catalog that begin so, whatever the case of their letters."""
    from whichmodel.catalog import cards

    begun = incomplete.casefold()
    return [
        CompletionItem(name, help=card.task)
        for name, card in cards().items()
        if name.casefold().startswith(begun)
    ]


def weights_names(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Names of weights that begin so."""
    from whichmodel.weights import records

    begun = incomplete.casefold()
    return [
        CompletionItem(id, help=record.title)
        for id, record in records().items()
        if id.casefold().startswith(begun)
    ]


def whats(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """What can be run: names of models, and files, of which workflows are some."""
    return [*model_names(context, parameter, incomplete), CompletionItem(incomplete, type="file")]
