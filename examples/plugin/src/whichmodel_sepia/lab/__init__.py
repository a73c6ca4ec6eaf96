"""An example of a catalog: the models of one laboratory, and the papers that they come from."""
