"""Helpers around the package: dependency check, safe checkpoints, distributed start."""
