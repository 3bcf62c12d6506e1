"""sentence-transformers as a side of the comparison.

    python3 side.py FOLDER DEVICE TYPE

FOLDER is a model of sentence-transformers, DEVICE one of torch's (cuda, cpu), TYPE that of weights
and activations (float16, float32). The package dev.embark.bench.side describes its commands and replies. Its
batch is the number of texts in one; texts are sorted by length by sentence-transformers itself.
"""

import struct
import sys

import sentence_transformers
import torch
import transformers

REPLIES = sys.stdout
sys.stdout = sys.stderr  # libraries print there


def reply(*fields):
    print("@side", *fields, sep="\t", file=REPLIES, flush=True)


def failed(error):
    reply("failed", " ".join(f"{type(error).__name__}: {error}".split()))


def read(file, count):
    with open(file, encoding="utf-8", newline="\n") as lines:
        return [line.rstrip("\n") for _, line in zip(range(count), lines)]


def write(file, vectors):
    with open(file, "wb") as out:
        out.write(struct.pack("<ii", *vectors.shape))
        out.write(vectors.astype("<f4").tobytes())


def load(folder, device, dtype):
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise RuntimeError("torch finds no GPU of CUDA")
    model = sentence_transformers.SentenceTransformer(folder, device=device, local_files_only=True)
    return model.to(getattr(torch, dtype)).eval()


def serve(model):
    works = {}

    def encode(work):
        texts, batch = works[work]
        return model.encode(texts, batch_size=batch, show_progress_bar=False)

    for line in sys.stdin:
        command, *fields = line.rstrip("\n").split("\t")
        try:
            if command == "quit":
                return
            if command == "prepare":
                work, file, count, batch = fields
                works[work] = (read(file, int(count)), int(batch))
            elif command == "run":
                encode(fields[0])
            elif command == "vectors":
                write(fields[1], encode(fields[0]))
            else:
                raise ValueError(f"there is no command {command}")
            reply("done", 0)  # the number of tokens is unknown
        except Exception as error:
            failed(error)


def main():
    try:
        model = load(*sys.argv[1:])
    except Exception as error:
        failed(error)
        return
    reply(
        "ready",
        f"sentence-transformers {sentence_transformers.__version__},"
        f" transformers {transformers.__version__}, torch {torch.__version__}",
    )
    serve(model)


main()
