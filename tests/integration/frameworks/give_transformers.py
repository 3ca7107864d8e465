import numpy as np
import torch
import transformers
from given import give
from PIL import Image
from tokenizers import Tokenizer, models, pre_tokenizers

torch.manual_seed(0)
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "good", "bad", "film", "a", "very"]
TEXTS = ["a good film", "very bad", "good good bad film a", ""]
SMALL = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}

words = Tokenizer(models.WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="[UNK]"))
words.pre_tokenizer = pre_tokenizers.Whitespace()
tokenizer = transformers.PreTrainedTokenizerFast(
    tokenizer_object=words, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]"
)
config = transformers.BertConfig(
    vocab_size=len(WORDS), max_position_embeddings=32, id2label={0: "bad", 1: "good"}, **SMALL
)
network = transformers.BertForSequenceClassification(config).eval()
texts = transformers.pipeline("text-classification", model=network, tokenizer=tokenizer, top_k=None)
give(texts, "hf-texts", example=TEXTS[:2], rows=TEXTS[:3], answer=texts(TEXTS[:3]))

tokens = tokenizer(TEXTS[:3], padding=True, return_tensors="np")
tensors = {name: np.asarray(tokens[name]) for name in ("input_ids", "attention_mask")}
with torch.inference_mode():
    logits = network(**{name: torch.tensor(values) for name, values in tensors.items()}).logits
give(network, "hf-network", example=tensors, rows=tensors, answer=[{"logits": row} for row in logits.tolist()])

small = transformers.ViTConfig(image_size=16, patch_size=8, num_labels=2, **SMALL)
images = transformers.pipeline(
    "image-classification",
    model=transformers.ViTForImageClassification(small).eval(),
    image_processor=transformers.ViTImageProcessor(size={"height": 16, "width": 16}),
)
photos = [Image.linear_gradient("L").resize((20, 30)).convert("RGB"), Image.new("RGB", (8, 8), (200, 3, 4))]
give(images, "hf-images", example=photos, rows=photos, answer=images(photos))
