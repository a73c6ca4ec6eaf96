"""The verbs of the program as tools for agents, over the Model Context Protocol."""
