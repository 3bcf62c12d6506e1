"""OpenVINO on one thread as a side of the comparison.

    python3 side.py f32|int8 MODEL.onnx TOKENIZER.json

At its best: Hugging Face's tokenizer, batches of texts of similar length, mean pooling. int8 is the graph
that NNCF quantises after training, calibrated by the first texts it is given. Commands and replies: the
package dev.embark.bench.side. A batch is a number of texts.
"""

import os
import struct
import sys

os.environ["NNCF_CI"] = "1"  # NNCF reports no use of it
REPLIES = sys.stdout
sys.stdout = sys.stderr  # libraries print there

WINDOW = 4096  # texts that are sorted together, as many as Embark's operator reads
MAX_TOKENS = 512
CALIBRATION_TEXTS = 300  # NNCF's default


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


class Model:
    def __init__(self, precision, graph, tokenizer):
        self.model = openvino.Core().read_model(graph)
        self.tokenizer = tokenizers.Tokenizer.from_file(tokenizer)
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(MAX_TOKENS)
        self.quantizes = precision == "int8"
        self.request = None

    def inputs(self, ids):
        width = max(len(row) for row in ids)
        padded = numpy.zeros((len(ids), width), dtype=numpy.int64)
        mask = numpy.zeros_like(padded)
        for row, tokens in enumerate(ids):
            padded[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        return {
            "input_ids": padded,
            "attention_mask": mask,
            "token_type_ids": numpy.zeros_like(padded),
        }

    def ids(self, texts):
        return [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]

    def compile(self, texts):
        if self.request is not None:
            return
        if self.quantizes:
            import nncf

            samples = [self.inputs([row]) for row in self.ids(texts[:CALIBRATION_TEXTS])]
            self.model = nncf.quantize(
                self.model, nncf.Dataset(samples), model_type=nncf.ModelType.TRANSFORMER
            )
        compiled = openvino.compile_model(
            self.model,
            "CPU",
            {
                "INFERENCE_NUM_THREADS": 1,
                "NUM_STREAMS": 1,
                "INFERENCE_PRECISION_HINT": "f32",
                "ENABLE_HYPER_THREADING": False,
            },
        )
        self.request = compiled.create_infer_request()

    def encode(self, texts, batch):
        vectors = []
        tokens = 0
        for start in range(0, len(texts), WINDOW):
            ids = self.ids(texts[start : start + WINDOW])
            order = sorted(range(len(ids)), key=lambda row: len(ids[row]))
            window = numpy.empty((len(ids), 0), dtype=numpy.float32)
            for first in range(0, len(order), batch):
                rows = order[first : first + batch]
                inputs = self.inputs([ids[row] for row in rows])
                states = self.request.infer(inputs, share_inputs=True, share_outputs=True)[0]
                sums = numpy.einsum("btd,bt->bd", states, inputs["attention_mask"].astype("f4"))
                sums /= numpy.linalg.norm(sums, axis=1, keepdims=True)
                if window.shape[1] == 0:
                    window = numpy.empty((len(ids), sums.shape[1]), dtype=numpy.float32)
                window[rows] = sums
            vectors.append(window)
            tokens += sum(len(row) for row in ids)
        return numpy.concatenate(vectors), tokens


def serve(model):
    works = {}
    for line in sys.stdin:
        command, *fields = line.rstrip("\n").split("\t")
        try:
            tokens = 0
            if command == "quit":
                return
            if command == "prepare":
                work, file, count, batch = fields
                texts = read(file, int(count))
                model.compile(texts)
                works[work] = (texts, int(batch))
            elif command == "run":
                tokens = model.encode(*works[fields[0]])[1]
            elif command == "vectors":
                write(fields[1], model.encode(*works[fields[0]])[0])
            else:
                raise ValueError(f"there is no command {command}")
            reply("done", tokens)
        except Exception as error:
            failed(error)


try:
    import numpy
    import openvino
    import tokenizers

    loaded = Model(*sys.argv[1:])
except Exception as error:
    failed(error)
else:
    reply("ready", f"OpenVINO {openvino.__version__.split('-')[0]}")
    serve(loaded)
