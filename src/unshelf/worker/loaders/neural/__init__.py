"""Neural networks: PyTorch, Keras, Hugging Face."""
