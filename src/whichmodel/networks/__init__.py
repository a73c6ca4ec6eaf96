"""Architectures in PyTorch, written after their papers, to turn foreign weights into ONNX once.

Imported only by `weights.conversion`, when weights are converted; running a network never needs PyTorch.
"""
