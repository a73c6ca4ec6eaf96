"""An example: a model and a step that whichmodel does not have."""
