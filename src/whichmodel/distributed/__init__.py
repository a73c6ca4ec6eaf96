"""The same work on several machines, by Ray (extra `[ray]`): batches of pictures, and units of one picture.

What travels between machines are names of files and ranges in them; the storage is shared. Nothing here is
imported unless somebody asks for it, and no result depends on it.

- `cluster`: a cluster that is there, or one of this machine alone; how many workers have room.
- `files`, `file_worker`: many pictures, each done whole by one worker (Ray Data).
- `units`, `unit_worker`: one large picture, its units done by many workers.
- `lines`, `pool`: batches of text, their parts done by whoever is free.
"""
