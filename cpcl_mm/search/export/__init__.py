"""Trained models as ONNX files: writing them, checking them, and encoding with them."""

from .manifest import Manifest
from .onnx_retriever import OnnxRetriever
from .writing import export_encoder

__all__ = ['Manifest', 'OnnxRetriever', 'export_encoder']
