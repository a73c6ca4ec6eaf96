"""The tables of a library on a PostgreSQL server; they have a schema of their own, `whichmodel`.

`papers` holds the records with what they are searched by; `keys` says by which names a paper is known;
`stems` and `totals` count what BM25 needs: in how many papers a word stands, how many papers and words
there are.
"""

FORMAT = "1"

TABLES = (
    "CREATE EXTENSION IF NOT EXISTS vector",
    "CREATE SCHEMA IF NOT EXISTS whichmodel",
    "CREATE TABLE IF NOT EXISTS whichmodel.papers ("
    " row bigint GENERATED ALWAYS AS IDENTITY (MINVALUE 0 START 0) PRIMARY KEY,"
    " year integer, code boolean NOT NULL, source text NOT NULL, topics text[] NOT NULL, stems text[] NOT NULL,"
    " vector halfvec(384), data text NOT NULL)",
    "CREATE INDEX IF NOT EXISTS papers_stems ON whichmodel.papers USING gin (stems)",
    "CREATE INDEX IF NOT EXISTS papers_topics ON whichmodel.papers USING gin (topics)",
    "CREATE INDEX IF NOT EXISTS papers_year ON whichmodel.papers (year)",
    "CREATE INDEX IF NOT EXISTS papers_without ON whichmodel.papers (row) WHERE vector IS NULL",
    "CREATE TABLE IF NOT EXISTS whichmodel.keys ("
    " key bigint PRIMARY KEY, row bigint NOT NULL REFERENCES whichmodel.papers ON DELETE CASCADE)",
    "CREATE TABLE IF NOT EXISTS whichmodel.stems (stem text PRIMARY KEY, papers bigint NOT NULL)",
    "CREATE TABLE IF NOT EXISTS whichmodel.totals ("
    " single boolean PRIMARY KEY DEFAULT true CHECK (single), papers bigint NOT NULL, words bigint NOT NULL)",
    "INSERT INTO whichmodel.totals VALUES (true, 0, 0) ON CONFLICT DO NOTHING",
    "CREATE TABLE IF NOT EXISTS whichmodel.state (name text PRIMARY KEY, value text NOT NULL)",
    f"INSERT INTO whichmodel.state VALUES ('format', '{FORMAT}') ON CONFLICT DO NOTHING",  # noqa: S608
)

VECTOR_INDEX = (
    "CREATE INDEX IF NOT EXISTS papers_vector ON whichmodel.papers USING hnsw (vector halfvec_cosine_ops)"
)
