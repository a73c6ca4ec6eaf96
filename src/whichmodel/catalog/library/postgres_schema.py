"""The tables of a library on a PostgreSQL server; they have a schema of their own, `whichmodel`.

`papers` holds the records with what they are searched by: the numbers of their words, how often each stands
there and how many there are in all; `keys` says by which names a paper is known;
`stems` and `totals` count what BM25 needs: in how many papers a word stands, how many papers and words
there are.
"""

FORMAT = "1"

TABLES = (
    "CREATE EXTENSION IF NOT EXISTS vector",
    "CREATE SCHEMA IF NOT EXISTS whichmodel",
    "CREATE TABLE IF NOT EXISTS whichmodel.papers ("
    " row bigint PRIMARY KEY, year integer, code boolean NOT NULL, source text NOT NULL, topics text[] NOT NULL,"
    " stems integer[] NOT NULL, counts smallint[] NOT NULL, length integer NOT NULL,"
    " vector halfvec(384), data text NOT NULL)",
    # The words are read for every paper that is scored: they stay in the row, the rest moves out first.
    "ALTER TABLE whichmodel.papers ALTER stems SET STORAGE MAIN, ALTER counts SET STORAGE MAIN",
    "CREATE INDEX IF NOT EXISTS papers_stems ON whichmodel.papers USING gin (stems)",
    "CREATE INDEX IF NOT EXISTS papers_topics ON whichmodel.papers USING gin (topics)",
    "CREATE INDEX IF NOT EXISTS papers_year ON whichmodel.papers (year)",
    "CREATE INDEX IF NOT EXISTS papers_without ON whichmodel.papers (row) WHERE vector IS NULL",
    "CREATE TABLE IF NOT EXISTS whichmodel.keys ("
    " key bigint PRIMARY KEY, row bigint NOT NULL REFERENCES whichmodel.papers ON DELETE CASCADE)",
    "CREATE TABLE IF NOT EXISTS whichmodel.stems ("
    " stem text PRIMARY KEY, id integer GENERATED ALWAYS AS IDENTITY UNIQUE, papers bigint NOT NULL)",
    "CREATE TABLE IF NOT EXISTS whichmodel.totals ("
    " single boolean PRIMARY KEY DEFAULT true CHECK (single), papers bigint NOT NULL, words bigint NOT NULL)",
    "INSERT INTO whichmodel.totals VALUES (true, 0, 0) ON CONFLICT DO NOTHING",
    "CREATE TABLE IF NOT EXISTS whichmodel.state (name text PRIMARY KEY, value text NOT NULL)",
    f"INSERT INTO whichmodel.state VALUES ('format', '{FORMAT}') ON CONFLICT DO NOTHING",  # noqa: S608
)

VECTOR_INDEX = (
    "CREATE INDEX IF NOT EXISTS papers_vector ON whichmodel.papers USING hnsw (vector halfvec_cosine_ops)"
)

WRITE = (
    "INSERT INTO whichmodel.papers (row, year, code, source, topics, stems, counts, length, data)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
    " ON CONFLICT (row) DO UPDATE SET year = excluded.year, code = excluded.code, source = excluded.source,"
    " topics = excluded.topics, stems = excluded.stems, counts = excluded.counts, length = excluded.length,"
    " data = excluded.data, vector = CASE WHEN %s THEN papers.vector END"
)
