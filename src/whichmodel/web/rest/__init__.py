"""The verbs of the program for other programs, over HTTP and JSON, under `/api/v1`.

`table` is the one list of endpoints: what is served (`calls`), its OpenAPI description (`openapi`) and the page for
people (`page`) are made from it.
"""
