"""Prints the expected vector of ModelImportTest, computed by PyTorch.

python tiny_folder.py FOLDER ID...: FOLDER as TinyFolder.bert writes it, ids of a text. Needs torch and transformers.
"""

import sys

import torch
import transformers

model = transformers.BertModel.from_pretrained(sys.argv[1]).eval()
with torch.no_grad():
    states = model(torch.tensor([[int(token) for token in sys.argv[2:]]])).last_hidden_state[0]
vector = states.mean(0)
print(", ".join("%.6ff" % value for value in (vector / vector.norm()).tolist()))
