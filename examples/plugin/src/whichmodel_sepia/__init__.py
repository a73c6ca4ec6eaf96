"""An example: a model, a catalog and a step that whichmodel does not have."""
