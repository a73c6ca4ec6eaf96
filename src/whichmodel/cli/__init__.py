"""Commands for people and programs; `main` is the entry."""
