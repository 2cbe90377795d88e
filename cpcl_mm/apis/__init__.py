"""What a person calls: reading configs for train and test runs."""

from .run_config import load_run_config

__all__ = ['load_run_config']
