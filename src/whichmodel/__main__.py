"""`python -m whichmodel` is the same as `whichmodel`."""

from whichmodel.cli.main import entry

entry()
