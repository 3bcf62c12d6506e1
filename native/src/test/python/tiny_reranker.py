"""Prints the expected outputs of RerankingEngineTest, computed by the Hugging Face tokenizers and PyTorch.

python tiny_reranker.py FOLDER STRATEGY: FOLDER as TinyFolder.reranker writes it, STRATEGY longest_first or
only_second. Needs torch and transformers.
"""

import json
import pathlib
import sys

import torch
import transformers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

LONGEST = 20
PAIRS = [
    ("the dogs run.", "the cat runs."),
    ("the cat runs.", "the dogs run."),
    ("dog", "cat"),
    ("", "the cat"),
    ("dog", ""),
    ("dog " * 12, "cat " * 12),
    ("cat", "run the " * 15),
    ("the " * 30, "dog run"),
    ("dog cat run " * 5, "the run . " * 4),
    ("zebra", "the zebra"),
]

folder = pathlib.Path(sys.argv[1])
vocabulary = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]
tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
tokenizer.normalizer = normalizers.BertNormalizer()
tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
tokenizer.post_processor = processors.BertProcessing(("[SEP]", vocabulary["[SEP]"]), ("[CLS]", vocabulary["[CLS]"]))
tokenizer.enable_truncation(LONGEST, strategy=sys.argv[2])
model = transformers.BertForSequenceClassification.from_pretrained(folder).eval()
for query, document in PAIRS:
    try:
        pair = tokenizer.encode(query, document)
    except Exception as e:
        print("Float.NaN, //", e)
        continue
    with torch.no_grad():
        output = model(input_ids=torch.tensor([pair.ids]), token_type_ids=torch.tensor([pair.type_ids])).logits.item()
    print("%.6ff, // %s %s" % (output, pair.ids, pair.type_ids))
