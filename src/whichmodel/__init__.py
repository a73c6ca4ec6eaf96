"""whichmodel: which AI task did you see, which model does it, why, and run it on your own picture."""

__version__ = "0.1.0"
