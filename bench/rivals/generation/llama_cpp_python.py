"""llama-cpp-python on one thread as a side of bench/generate.sh; it answers one prompt at a time.

python3 llama_cpp_python.py MODEL.gguf PROMPTS.txt TOKENS OUT.json
"""

import json
import sys
import time

from llama_cpp import Llama

model, prompts, tokens, out = sys.argv[1:]
llm = Llama(model, n_ctx=512, n_batch=512, n_threads=1, n_threads_batch=1, verbose=False)


def answer(texts):
    answers, count = [], 0
    for text in texts:
        result = llm.create_completion(text, max_tokens=int(tokens), temperature=0)
        answers.append(result["choices"][0]["text"])
        count += result["usage"]["completion_tokens"]
    return answers, count


with open(prompts, encoding="utf-8") as file:
    texts = file.read().rstrip("\n").split("\n")
answer(texts[:2])
start = time.process_time()
answers, count = answer(texts)
used = time.process_time() - start
with open(out, "w", encoding="utf-8") as file:
    json.dump({"answers": answers, "tokens": count, "cpuSeconds": used}, file)
