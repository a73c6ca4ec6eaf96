"""Architectures in PyTorch, written after their papers, to turn foreign weights into ONNX once, and to be trained.

Imported only by `weights.conversion`, when weights are converted, and by `training`; running a network never needs
PyTorch.
"""
