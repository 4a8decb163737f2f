"""The files of a model version: model, golden rows, reference and manifest."""
