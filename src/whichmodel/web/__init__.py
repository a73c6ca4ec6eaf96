"""The web application: `whichmodel serve` (extra `[web]`).

The server (`app`, `guard`, `pages_*`) reads no picture and understands no question itself: that is done by
processes of its own (`worker`), which it starts, limits and ends (`process`, `pool`, `queue`). What people bring and
what
was made for them stands in folders (`store`), so that a server that was killed goes on when it is started again.
"""
