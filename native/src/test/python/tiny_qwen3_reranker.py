"""Prints the expected outputs of PromptedRerankerTest, computed by transformers as the card of Qwen3-Reranker does it.

python tiny_qwen3_reranker.py FOLDER MAX_LENGTH INSTRUCTION: FOLDER as TinyQwen3Folder.reranker writes it. Needs torch
and transformers.
"""

import sys

import torch
import transformers

PAIRS = [
    ("is the dog black?", "the dog is black."),
    ("is the dog black?", "the cat is white."),
    ("what is the weather", "it rains"),
    ("", "the cat"),
    ("the dog", ""),
    ("  two spaces ", "\n a line and  two spaces"),
    ("line\n", "tab\tand\nlines?\n\n"),
    ("caf\u00e9 na\u00efve?", "cafe\u0301 \u6771\u4eac \U0001f469"),
    ("<Document>: a", "<Query>: b <think> c </think>"),
    ("is the dog black?", "the dog runs and " * 60),
]

folder, longest, instruction = sys.argv[1], int(sys.argv[2]), sys.argv[3]
tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=folder + "/tokenizer.json")
model = transformers.Qwen3ForCausalLM.from_pretrained(folder).eval().float()
yes, no = (tokenizer.convert_tokens_to_ids(token) for token in ("yes", "no"))
before = (
    "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct"
    ' provided. Note that the answer can only be "yes" or "no".<|im_end|>\n<|im_start|>user\n'
)
after = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
before, after = (tokenizer.encode(text, add_special_tokens=False) for text in (before, after))
for query, document in PAIRS:
    text = f"<Instruct>: {instruction}\n<Query>: {query}\n<Document>: {document}"
    ids = tokenizer.encode(text, add_special_tokens=False)[: longest - len(before) - len(after)]
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([before + ids + after])).logits[0, -1]
    print("%.5ff, // %d tokens" % (logits[yes] - logits[no], len(before + ids + after)))
