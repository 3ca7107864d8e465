"""Models of transformers: through their folder they answer as before, tensors by name."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("transformers", reason="transformers is not installed; `make test-long` runs this")

import torch
import transformers

SMALL = {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 8, "vocab_size": 9}


def test_a_model_answers_tensors_by_name(serve: Callable[..., Any]) -> None:
    network = transformers.BertForSequenceClassification(transformers.BertConfig(**SMALL)).eval()
    ids = np.array([[1, 2, 3], [4, 5, 6]])
    with torch.inference_mode():
        expected = network(input_ids=torch.tensor(ids)).logits
    served = serve(network)
    for inputs in ({"input_ids": ids}, ids):
        assert torch.equal(served.predict(inputs)["logits"], expected)
    assert not served.saved.contains_code
