"""Column functions of Embark, for classic sessions and Spark Connect clients.

Generated from the lists that SQL and the command have. Edit those, and run
``mvn -q -pl docs -am package -DskipITs -Dtest=ReferenceTest,PythonModulesTest
-Dsurefire.failIfNoSpecifiedTests=false -Dembark.docs.write=true``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from pyspark.sql import Column
from pyspark.sql.types import DataType

from embark._call import ColumnOrName, call, label_array, schema_text

__all__ = [
    "classify",
    "classify_detail",
    "cosine_similarity",
    "embed",
    "embed_chunks",
    "embed_chunks_detail",
    "embed_detail",
    "embed_tokens",
    "generate",
    "generate_detail",
    "rerank",
    "rerank_detail",
    "vector_avg",
    "vector_cosine_similarity",
    "vector_inner_product",
    "vector_l2_distance",
    "vector_norm",
    "vector_normalize",
    "vector_sum",
    "vector_to_binary",
]

# The options of each function: their names in Python and in SQL.
OPTIONS: dict[str, dict[str, str]] = {
    "embed": {
        "model": "model",
        "model_sha256": "modelSha256",
        "prefix": "prefix",
        "role": "role",
        "max_tokens": "maxTokens",
        "long_text": "longText",
        "chunk_overlap": "chunkOverlap",
        "pooling": "pooling",
        "normalize": "normalize",
        "dimensions": "dimensions",
        "output": "output",
        "mode": "mode",
        "device": "device",
        "accelerator": "accelerator",
        "precision": "precision",
        "batch_tokens": "batchTokens",
    },
    "embed_detail": {
        "model": "model",
        "model_sha256": "modelSha256",
        "prefix": "prefix",
        "role": "role",
        "max_tokens": "maxTokens",
        "long_text": "longText",
        "chunk_overlap": "chunkOverlap",
        "pooling": "pooling",
        "normalize": "normalize",
        "dimensions": "dimensions",
        "output": "output",
        "mode": "mode",
        "device": "device",
        "accelerator": "accelerator",
        "precision": "precision",
        "batch_tokens": "batchTokens",
    },
    "embed_tokens": {
        "model": "model",
        "model_sha256": "modelSha256",
        "prefix": "prefix",
        "role": "role",
        "max_tokens": "maxTokens",
        "long_text": "longText",
        "chunk_overlap": "chunkOverlap",
        "pooling": "pooling",
        "normalize": "normalize",
        "dimensions": "dimensions",
        "output": "output",
        "mode": "mode",
        "device": "device",
        "accelerator": "accelerator",
        "precision": "precision",
        "batch_tokens": "batchTokens",
    },
    "embed_chunks": {
        "model": "model",
        "model_sha256": "modelSha256",
        "prefix": "prefix",
        "role": "role",
        "chunk_overlap": "chunkOverlap",
        "chunk_tokens": "chunkTokens",
        "chunk_boundary": "chunkBoundary",
        "chunk_locale": "chunkLocale",
        "late_chunking": "lateChunking",
        "pooling": "pooling",
        "normalize": "normalize",
        "dimensions": "dimensions",
        "output": "output",
        "mode": "mode",
        "device": "device",
        "accelerator": "accelerator",
        "precision": "precision",
        "batch_tokens": "batchTokens",
    },
    "embed_chunks_detail": {
        "model": "model",
        "model_sha256": "modelSha256",
        "prefix": "prefix",
        "role": "role",
        "chunk_overlap": "chunkOverlap",
        "chunk_tokens": "chunkTokens",
        "chunk_boundary": "chunkBoundary",
        "chunk_locale": "chunkLocale",
        "late_chunking": "lateChunking",
        "pooling": "pooling",
        "normalize": "normalize",
        "dimensions": "dimensions",
        "output": "output",
        "mode": "mode",
        "device": "device",
        "accelerator": "accelerator",
        "precision": "precision",
        "batch_tokens": "batchTokens",
    },
    "rerank": {
        "model": "model",
        "model_sha256": "modelSha256",
        "instruction": "instruction",
        "max_tokens": "maxTokens",
        "truncation": "truncation",
        "activation": "activation",
        "mode": "mode",
        "device": "device",
        "accelerator": "accelerator",
        "precision": "precision",
        "batch_tokens": "batchTokens",
    },
    "rerank_detail": {
        "model": "model",
        "model_sha256": "modelSha256",
        "instruction": "instruction",
        "max_tokens": "maxTokens",
        "truncation": "truncation",
        "activation": "activation",
        "mode": "mode",
        "device": "device",
        "accelerator": "accelerator",
        "precision": "precision",
        "batch_tokens": "batchTokens",
    },
    "generate": {
        "model": "model",
        "model_sha256": "modelSha256",
        "chat_template": "chatTemplate",
        "system": "system",
        "max_tokens": "maxTokens",
        "temperature": "temperature",
        "top_k": "topK",
        "top_p": "topP",
        "min_p": "minP",
        "seed": "seed",
        "stop": "stop",
        "grammar": "grammar",
        "schema": "schema",
        "long_text": "longText",
        "truncate_side": "truncateSide",
        "context_tokens": "contextTokens",
        "sequences": "sequences",
        "deterministic": "deterministic",
        "retries": "retries",
        "mode": "mode",
        "device": "device",
        "batch_tokens": "batchTokens",
    },
    "generate_detail": {
        "model": "model",
        "model_sha256": "modelSha256",
        "chat_template": "chatTemplate",
        "system": "system",
        "max_tokens": "maxTokens",
        "temperature": "temperature",
        "top_k": "topK",
        "top_p": "topP",
        "min_p": "minP",
        "seed": "seed",
        "stop": "stop",
        "grammar": "grammar",
        "schema": "schema",
        "long_text": "longText",
        "truncate_side": "truncateSide",
        "context_tokens": "contextTokens",
        "sequences": "sequences",
        "deterministic": "deterministic",
        "retries": "retries",
        "mode": "mode",
        "device": "device",
        "batch_tokens": "batchTokens",
    },
    "classify": {
        "model": "model",
        "model_sha256": "modelSha256",
        "chat_template": "chatTemplate",
        "system": "system",
        "instruction": "instruction",
        "long_text": "longText",
        "truncate_side": "truncateSide",
        "context_tokens": "contextTokens",
        "sequences": "sequences",
        "mode": "mode",
        "device": "device",
        "batch_tokens": "batchTokens",
    },
    "classify_detail": {
        "model": "model",
        "model_sha256": "modelSha256",
        "chat_template": "chatTemplate",
        "system": "system",
        "instruction": "instruction",
        "long_text": "longText",
        "truncate_side": "truncateSide",
        "context_tokens": "contextTokens",
        "sequences": "sequences",
        "mode": "mode",
        "device": "device",
        "batch_tokens": "batchTokens",
    },
    "cosine_similarity": {},
    "vector_to_binary": {},
    "vector_cosine_similarity": {},
    "vector_inner_product": {},
    "vector_l2_distance": {},
    "vector_norm": {},
    "vector_normalize": {},
    "vector_sum": {},
    "vector_avg": {},
}


def embed(
    text: ColumnOrName,
    *,
    model: str | None = None,
    model_sha256: str | None = None,
    prefix: str | None = None,
    role: Literal["query", "document"] | None = None,
    max_tokens: int | None = None,
    long_text: Literal["truncate", "chunk", "error"] | None = None,
    chunk_overlap: int | None = None,
    pooling: Literal["model", "mean", "cls", "last"] | None = None,
    normalize: str | None = None,
    dimensions: int | None = None,
    output: Literal["float", "int8", "binary"] | None = None,
    mode: Literal["PERMISSIVE", "FAILFAST"] | None = None,
    device: Literal["auto", "cpu", "gpu"] | None = None,
    accelerator: Literal["auto", "off"] | None = None,
    precision: Literal["exact", "fast", "int8"] | None = None,
    batch_tokens: int | None = None,
) -> Column:
    """Returns the embedding of text; NULL for NULL and, unless mode is FAILFAST, for a text
    that cannot be embedded.

    Parameters
    ----------
    text
        A column, or its name.
    model
        The model: a GGUF file or a model folder. Takes path, file:, Hadoop URI, hf:org/repo,
        hf:org/repo/file.gguf, https: or classpath:; by default
        classpath:dev/embark/model/all-MiniLM-L6-v2-f16.gguf.
    model_sha256
        Expected SHA-256 of the model file. Takes 64 hex digits.
    prefix
        Prefix of each text, such as 'query: '; the model's own if unset, none if empty. Takes
        text.
    role
        What the texts are in a search: the model's prompt for it precedes each text, unless
        prefix is set. Takes query, document.
    max_tokens
        Maximum number of tokens of a text, special tokens included; the model's context if
        unset. Takes 1 or more.
    long_text
        How to treat a text of more than maxTokens tokens. Takes truncate, chunk, error; by
        default truncate.
    chunk_overlap
        Number of tokens that neighbouring chunks share, with longText=chunk; in embed_chunks,
        the largest number, since whole words are shared. Takes 0 or more; by default 0.
    pooling
        How the vectors of the tokens are combined into one. Takes model, mean, cls, last; by
        default model.
    normalize
        Norm to which the vector is scaled. Takes l2, none, l1, max or p:<n>; by default l2.
    dimensions
        Keeps only the first dimensions, before scaling; for models trained for it (matryoshka).
        Takes 1 or more.
    output
        Type of the vector: ARRAY<FLOAT>, ARRAY<TINYINT>, or the sign bits as BINARY. Takes
        float, int8, binary; by default float.
    mode
        PERMISSIVE returns NULL for a text that cannot be embedded, FAILFAST ends the query.
        Takes PERMISSIVE, FAILFAST; by default PERMISSIVE.
    device
        Device that computes vectors; auto uses the GPU that Spark assigned to the task, if any.
        Takes auto, cpu, gpu; by default auto.
    accelerator
        Whether Embark's own kernels compute encoders on a CPU, if they support the model. Takes
        auto, off; by default auto.
    precision
        Arithmetic of the accelerator: 32-bit floats; 16-bit integers if the CPU multiplies them
        faster than those; or 8-bit integers if the CPU has AVX-512 VNNI, AVX-VNNI or SDOT.
        Takes exact, fast, int8; by default fast.
    batch_tokens
        Maximum number of tokens of a native batch; depends on the device if unset. Takes 1 to
        1048576.

    Examples
    --------
    >>> docs = spark.createDataFrame([(1, "Rye bread"), (2, "A harbour")], ["id", "body"])
    >>> vectors = docs.withColumn("embedding", embed("body", dimensions=64))
    >>> vectors.selectExpr("id", "size(embedding) AS size").collect()
    [Row(id=1, size=64), Row(id=2, size=64)]
    """
    return call(
        "embed",
        [text],
        {
            "model": model,
            "modelSha256": model_sha256,
            "prefix": prefix,
            "role": role,
            "maxTokens": max_tokens,
            "longText": long_text,
            "chunkOverlap": chunk_overlap,
            "pooling": pooling,
            "normalize": normalize,
            "dimensions": dimensions,
            "output": output,
            "mode": mode,
            "device": device,
            "accelerator": accelerator,
            "precision": precision,
            "batchTokens": batch_tokens,
        },
    )


def embed_detail(
    text: ColumnOrName,
    *,
    model: str | None = None,
    model_sha256: str | None = None,
    prefix: str | None = None,
    role: Literal["query", "document"] | None = None,
    max_tokens: int | None = None,
    long_text: Literal["truncate", "chunk", "error"] | None = None,
    chunk_overlap: int | None = None,
    pooling: Literal["model", "mean", "cls", "last"] | None = None,
    normalize: str | None = None,
    dimensions: int | None = None,
    output: Literal["float", "int8", "binary"] | None = None,
    mode: Literal["PERMISSIVE", "FAILFAST"] | None = None,
    device: Literal["auto", "cpu", "gpu"] | None = None,
    accelerator: Literal["auto", "off"] | None = None,
    precision: Literal["exact", "fast", "int8"] | None = None,
    batch_tokens: int | None = None,
) -> Column:
    """Returns the embedding of text with its number of tokens, whether its tail was cut off,
    and the reason if it has no embedding.

    Parameters
    ----------
    text
        A column, or its name.
    model
        The model: a GGUF file or a model folder. Takes path, file:, Hadoop URI, hf:org/repo,
        hf:org/repo/file.gguf, https: or classpath:; by default
        classpath:dev/embark/model/all-MiniLM-L6-v2-f16.gguf.
    model_sha256
        Expected SHA-256 of the model file. Takes 64 hex digits.
    prefix
        Prefix of each text, such as 'query: '; the model's own if unset, none if empty. Takes
        text.
    role
        What the texts are in a search: the model's prompt for it precedes each text, unless
        prefix is set. Takes query, document.
    max_tokens
        Maximum number of tokens of a text, special tokens included; the model's context if
        unset. Takes 1 or more.
    long_text
        How to treat a text of more than maxTokens tokens. Takes truncate, chunk, error; by
        default truncate.
    chunk_overlap
        Number of tokens that neighbouring chunks share, with longText=chunk; in embed_chunks,
        the largest number, since whole words are shared. Takes 0 or more; by default 0.
    pooling
        How the vectors of the tokens are combined into one. Takes model, mean, cls, last; by
        default model.
    normalize
        Norm to which the vector is scaled. Takes l2, none, l1, max or p:<n>; by default l2.
    dimensions
        Keeps only the first dimensions, before scaling; for models trained for it (matryoshka).
        Takes 1 or more.
    output
        Type of the vector: ARRAY<FLOAT>, ARRAY<TINYINT>, or the sign bits as BINARY. Takes
        float, int8, binary; by default float.
    mode
        PERMISSIVE returns NULL for a text that cannot be embedded, FAILFAST ends the query.
        Takes PERMISSIVE, FAILFAST; by default PERMISSIVE.
    device
        Device that computes vectors; auto uses the GPU that Spark assigned to the task, if any.
        Takes auto, cpu, gpu; by default auto.
    accelerator
        Whether Embark's own kernels compute encoders on a CPU, if they support the model. Takes
        auto, off; by default auto.
    precision
        Arithmetic of the accelerator: 32-bit floats; 16-bit integers if the CPU multiplies them
        faster than those; or 8-bit integers if the CPU has AVX-512 VNNI, AVX-VNNI or SDOT.
        Takes exact, fast, int8; by default fast.
    batch_tokens
        Maximum number of tokens of a native batch; depends on the device if unset. Takes 1 to
        1048576.

    Examples
    --------
    >>> docs = spark.createDataFrame([("one two three",)], ["body"])
    >>> detail = docs.select(embed_detail("body", max_tokens=4).alias("d"))
    >>> detail.select("d.tokens", "d.truncated", "d.error").first()
    Row(tokens=4, truncated=True, error=None)
    """
    return call(
        "embed_detail",
        [text],
        {
            "model": model,
            "modelSha256": model_sha256,
            "prefix": prefix,
            "role": role,
            "maxTokens": max_tokens,
            "longText": long_text,
            "chunkOverlap": chunk_overlap,
            "pooling": pooling,
            "normalize": normalize,
            "dimensions": dimensions,
            "output": output,
            "mode": mode,
            "device": device,
            "accelerator": accelerator,
            "precision": precision,
            "batchTokens": batch_tokens,
        },
    )


def embed_tokens(
    text: ColumnOrName,
    *,
    model: str | None = None,
    model_sha256: str | None = None,
    prefix: str | None = None,
    role: Literal["query", "document"] | None = None,
    max_tokens: int | None = None,
    long_text: Literal["truncate", "chunk", "error"] | None = None,
    chunk_overlap: int | None = None,
    pooling: Literal["model", "mean", "cls", "last"] | None = None,
    normalize: str | None = None,
    dimensions: int | None = None,
    output: Literal["float", "int8", "binary"] | None = None,
    mode: Literal["PERMISSIVE", "FAILFAST"] | None = None,
    device: Literal["auto", "cpu", "gpu"] | None = None,
    accelerator: Literal["auto", "off"] | None = None,
    precision: Literal["exact", "fast", "int8"] | None = None,
    batch_tokens: int | None = None,
) -> Column:
    """Returns the number of tokens that embed(text) would process, without computing the
    embedding.

    Parameters
    ----------
    text
        A column, or its name.
    model
        The model: a GGUF file or a model folder. Takes path, file:, Hadoop URI, hf:org/repo,
        hf:org/repo/file.gguf, https: or classpath:; by default
        classpath:dev/embark/model/all-MiniLM-L6-v2-f16.gguf.
    model_sha256
        Expected SHA-256 of the model file. Takes 64 hex digits.
    prefix
        Prefix of each text, such as 'query: '; the model's own if unset, none if empty. Takes
        text.
    role
        What the texts are in a search: the model's prompt for it precedes each text, unless
        prefix is set. Takes query, document.
    max_tokens
        Maximum number of tokens of a text, special tokens included; the model's context if
        unset. Takes 1 or more.
    long_text
        How to treat a text of more than maxTokens tokens. Takes truncate, chunk, error; by
        default truncate.
    chunk_overlap
        Number of tokens that neighbouring chunks share, with longText=chunk; in embed_chunks,
        the largest number, since whole words are shared. Takes 0 or more; by default 0.
    pooling
        How the vectors of the tokens are combined into one. Takes model, mean, cls, last; by
        default model.
    normalize
        Norm to which the vector is scaled. Takes l2, none, l1, max or p:<n>; by default l2.
    dimensions
        Keeps only the first dimensions, before scaling; for models trained for it (matryoshka).
        Takes 1 or more.
    output
        Type of the vector: ARRAY<FLOAT>, ARRAY<TINYINT>, or the sign bits as BINARY. Takes
        float, int8, binary; by default float.
    mode
        PERMISSIVE returns NULL for a text that cannot be embedded, FAILFAST ends the query.
        Takes PERMISSIVE, FAILFAST; by default PERMISSIVE.
    device
        Device that computes vectors; auto uses the GPU that Spark assigned to the task, if any.
        Takes auto, cpu, gpu; by default auto.
    accelerator
        Whether Embark's own kernels compute encoders on a CPU, if they support the model. Takes
        auto, off; by default auto.
    precision
        Arithmetic of the accelerator: 32-bit floats; 16-bit integers if the CPU multiplies them
        faster than those; or 8-bit integers if the CPU has AVX-512 VNNI, AVX-VNNI or SDOT.
        Takes exact, fast, int8; by default fast.
    batch_tokens
        Maximum number of tokens of a native batch; depends on the device if unset. Takes 1 to
        1048576.

    Examples
    --------
    >>> docs = spark.createDataFrame([("Spark SQL",)], ["body"])
    >>> docs.select(embed_tokens("body").alias("tokens")).first()
    Row(tokens=4)
    """
    return call(
        "embed_tokens",
        [text],
        {
            "model": model,
            "modelSha256": model_sha256,
            "prefix": prefix,
            "role": role,
            "maxTokens": max_tokens,
            "longText": long_text,
            "chunkOverlap": chunk_overlap,
            "pooling": pooling,
            "normalize": normalize,
            "dimensions": dimensions,
            "output": output,
            "mode": mode,
            "device": device,
            "accelerator": accelerator,
            "precision": precision,
            "batchTokens": batch_tokens,
        },
    )


def embed_chunks(
    text: ColumnOrName,
    *,
    model: str | None = None,
    model_sha256: str | None = None,
    prefix: str | None = None,
    role: Literal["query", "document"] | None = None,
    chunk_overlap: int | None = None,
    chunk_tokens: int | None = None,
    chunk_boundary: Literal["token", "sentence", "paragraph", "markdown"] | None = None,
    chunk_locale: str | None = None,
    late_chunking: bool | None = None,
    pooling: Literal["model", "mean", "cls", "last"] | None = None,
    normalize: str | None = None,
    dimensions: int | None = None,
    output: Literal["float", "int8", "binary"] | None = None,
    mode: Literal["PERMISSIVE", "FAILFAST"] | None = None,
    device: Literal["auto", "cpu", "gpu"] | None = None,
    accelerator: Literal["auto", "off"] | None = None,
    precision: Literal["exact", "fast", "int8"] | None = None,
    batch_tokens: int | None = None,
) -> Column:
    """Returns the chunks of text with their embeddings, in order: position, begin and end in
    characters, tokens, text and embedding; NULL for NULL and, unless mode is FAILFAST, for a
    text that cannot be embedded.

    Parameters
    ----------
    text
        A column, or its name.
    model
        The model: a GGUF file or a model folder. Takes path, file:, Hadoop URI, hf:org/repo,
        hf:org/repo/file.gguf, https: or classpath:; by default
        classpath:dev/embark/model/all-MiniLM-L6-v2-f16.gguf.
    model_sha256
        Expected SHA-256 of the model file. Takes 64 hex digits.
    prefix
        Prefix of each text, such as 'query: '; the model's own if unset, none if empty. Takes
        text.
    role
        What the texts are in a search: the model's prompt for it precedes each text, unless
        prefix is set. Takes query, document.
    chunk_overlap
        Number of tokens that neighbouring chunks share, with longText=chunk; in embed_chunks,
        the largest number, since whole words are shared. Takes 0 or more; by default 0.
    chunk_tokens
        Maximum number of tokens of a chunk, prompt and special tokens included; the model's
        context if unset. Takes 1 or more.
    chunk_boundary
        Where chunks end: at the last boundary of this kind that fits, or else at the next
        smaller kind, down to words. Takes token, sentence, paragraph, markdown; by default
        sentence.
    chunk_locale
        Language by whose rules sentences and words end; no particular one if unset. Takes
        language tag, such as en or th.
    late_chunking
        Whether the model reads the chunks of a text together, so that the vector of a chunk
        depends on the text around it; for models with mean pooling. Takes true, false; by
        default false.
    pooling
        How the vectors of the tokens are combined into one. Takes model, mean, cls, last; by
        default model.
    normalize
        Norm to which the vector is scaled. Takes l2, none, l1, max or p:<n>; by default l2.
    dimensions
        Keeps only the first dimensions, before scaling; for models trained for it (matryoshka).
        Takes 1 or more.
    output
        Type of the vector: ARRAY<FLOAT>, ARRAY<TINYINT>, or the sign bits as BINARY. Takes
        float, int8, binary; by default float.
    mode
        PERMISSIVE returns NULL for a text that cannot be embedded, FAILFAST ends the query.
        Takes PERMISSIVE, FAILFAST; by default PERMISSIVE.
    device
        Device that computes vectors; auto uses the GPU that Spark assigned to the task, if any.
        Takes auto, cpu, gpu; by default auto.
    accelerator
        Whether Embark's own kernels compute encoders on a CPU, if they support the model. Takes
        auto, off; by default auto.
    precision
        Arithmetic of the accelerator: 32-bit floats; 16-bit integers if the CPU multiplies them
        faster than those; or 8-bit integers if the CPU has AVX-512 VNNI, AVX-VNNI or SDOT.
        Takes exact, fast, int8; by default fast.
    batch_tokens
        Maximum number of tokens of a native batch; depends on the device if unset. Takes 1 to
        1048576.

    Examples
    --------
    >>> docs = spark.createDataFrame([("One. Two.",)], ["body"])
    >>> chunks = docs.select(embed_chunks("body", chunk_tokens=5).alias("c"))
    >>> chunks.selectExpr("inline(c)").select("begin", "end", "text").collect()
    [Row(begin=0, end=4, text='One.'), Row(begin=5, end=9, text='Two.')]
    """
    return call(
        "embed_chunks",
        [text],
        {
            "model": model,
            "modelSha256": model_sha256,
            "prefix": prefix,
            "role": role,
            "chunkOverlap": chunk_overlap,
            "chunkTokens": chunk_tokens,
            "chunkBoundary": chunk_boundary,
            "chunkLocale": chunk_locale,
            "lateChunking": late_chunking,
            "pooling": pooling,
            "normalize": normalize,
            "dimensions": dimensions,
            "output": output,
            "mode": mode,
            "device": device,
            "accelerator": accelerator,
            "precision": precision,
            "batchTokens": batch_tokens,
        },
    )


def embed_chunks_detail(
    text: ColumnOrName,
    *,
    model: str | None = None,
    model_sha256: str | None = None,
    prefix: str | None = None,
    role: Literal["query", "document"] | None = None,
    chunk_overlap: int | None = None,
    chunk_tokens: int | None = None,
    chunk_boundary: Literal["token", "sentence", "paragraph", "markdown"] | None = None,
    chunk_locale: str | None = None,
    late_chunking: bool | None = None,
    pooling: Literal["model", "mean", "cls", "last"] | None = None,
    normalize: str | None = None,
    dimensions: int | None = None,
    output: Literal["float", "int8", "binary"] | None = None,
    mode: Literal["PERMISSIVE", "FAILFAST"] | None = None,
    device: Literal["auto", "cpu", "gpu"] | None = None,
    accelerator: Literal["auto", "off"] | None = None,
    precision: Literal["exact", "fast", "int8"] | None = None,
    batch_tokens: int | None = None,
) -> Column:
    """Returns the chunks of text with their embeddings, the number of tokens of all chunks, and
    the reason if there are none.

    Parameters
    ----------
    text
        A column, or its name.
    model
        The model: a GGUF file or a model folder. Takes path, file:, Hadoop URI, hf:org/repo,
        hf:org/repo/file.gguf, https: or classpath:; by default
        classpath:dev/embark/model/all-MiniLM-L6-v2-f16.gguf.
    model_sha256
        Expected SHA-256 of the model file. Takes 64 hex digits.
    prefix
        Prefix of each text, such as 'query: '; the model's own if unset, none if empty. Takes
        text.
    role
        What the texts are in a search: the model's prompt for it precedes each text, unless
        prefix is set. Takes query, document.
    chunk_overlap
        Number of tokens that neighbouring chunks share, with longText=chunk; in embed_chunks,
        the largest number, since whole words are shared. Takes 0 or more; by default 0.
    chunk_tokens
        Maximum number of tokens of a chunk, prompt and special tokens included; the model's
        context if unset. Takes 1 or more.
    chunk_boundary
        Where chunks end: at the last boundary of this kind that fits, or else at the next
        smaller kind, down to words. Takes token, sentence, paragraph, markdown; by default
        sentence.
    chunk_locale
        Language by whose rules sentences and words end; no particular one if unset. Takes
        language tag, such as en or th.
    late_chunking
        Whether the model reads the chunks of a text together, so that the vector of a chunk
        depends on the text around it; for models with mean pooling. Takes true, false; by
        default false.
    pooling
        How the vectors of the tokens are combined into one. Takes model, mean, cls, last; by
        default model.
    normalize
        Norm to which the vector is scaled. Takes l2, none, l1, max or p:<n>; by default l2.
    dimensions
        Keeps only the first dimensions, before scaling; for models trained for it (matryoshka).
        Takes 1 or more.
    output
        Type of the vector: ARRAY<FLOAT>, ARRAY<TINYINT>, or the sign bits as BINARY. Takes
        float, int8, binary; by default float.
    mode
        PERMISSIVE returns NULL for a text that cannot be embedded, FAILFAST ends the query.
        Takes PERMISSIVE, FAILFAST; by default PERMISSIVE.
    device
        Device that computes vectors; auto uses the GPU that Spark assigned to the task, if any.
        Takes auto, cpu, gpu; by default auto.
    accelerator
        Whether Embark's own kernels compute encoders on a CPU, if they support the model. Takes
        auto, off; by default auto.
    precision
        Arithmetic of the accelerator: 32-bit floats; 16-bit integers if the CPU multiplies them
        faster than those; or 8-bit integers if the CPU has AVX-512 VNNI, AVX-VNNI or SDOT.
        Takes exact, fast, int8; by default fast.
    batch_tokens
        Maximum number of tokens of a native batch; depends on the device if unset. Takes 1 to
        1048576.

    Examples
    --------
    >>> docs = spark.createDataFrame([("One. Two.",)], ["body"])
    >>> detail = docs.select(embed_chunks_detail("body", chunk_tokens=5).alias("d"))
    >>> detail.select("d.tokens", "d.error").first()
    Row(tokens=8, error=None)
    """
    return call(
        "embed_chunks_detail",
        [text],
        {
            "model": model,
            "modelSha256": model_sha256,
            "prefix": prefix,
            "role": role,
            "chunkOverlap": chunk_overlap,
            "chunkTokens": chunk_tokens,
            "chunkBoundary": chunk_boundary,
            "chunkLocale": chunk_locale,
            "lateChunking": late_chunking,
            "pooling": pooling,
            "normalize": normalize,
            "dimensions": dimensions,
            "output": output,
            "mode": mode,
            "device": device,
            "accelerator": accelerator,
            "precision": precision,
            "batchTokens": batch_tokens,
        },
    )


def rerank(
    query: ColumnOrName,
    document: ColumnOrName,
    *,
    model: str | None = None,
    model_sha256: str | None = None,
    instruction: str | None = None,
    max_tokens: int | None = None,
    truncation: Literal["longest_first", "only_second", "do_not_truncate"] | None = None,
    activation: Literal["model", "sigmoid", "none"] | None = None,
    mode: Literal["PERMISSIVE", "FAILFAST"] | None = None,
    device: Literal["auto", "cpu", "gpu"] | None = None,
    accelerator: Literal["auto", "off"] | None = None,
    precision: Literal["exact", "fast", "int8"] | None = None,
    batch_tokens: int | None = None,
) -> Column:
    """Returns the score that a reranker gives a document for a query, the higher the more
    relevant; NULL if either is NULL and, unless mode is FAILFAST, for a pair that cannot be
    scored.

    Parameters
    ----------
    query
        A column, or its name.
    document
        A column, or its name.
    model
        The reranker: a model folder or a GGUF file; there is none built in. Takes path, file:,
        Hadoop URI, hf:org/repo, hf:org/repo/file.gguf, https: or classpath:.
    model_sha256
        Expected SHA-256 of the model file. Takes 64 hex digits.
    instruction
        What makes a document relevant to a query, for rerankers with an instruction in their
        prompt, such as Qwen3-Reranker; the model's own if unset. Takes text.
    max_tokens
        Maximum number of tokens of a pair, special tokens included; the model's context if
        unset. Takes 4 or more.
    truncation
        Which text of a pair of more than maxTokens tokens loses its end: the longer one, the
        document, or none, so that the pair fails. Takes longest_first, only_second,
        do_not_truncate; by default longest_first.
    activation
        What the model's output becomes: what the model's files say (a sigmoid if they say
        nothing), a sigmoid, or itself. Takes model, sigmoid, none; by default model.
    mode
        PERMISSIVE returns NULL for a pair that cannot be scored, FAILFAST ends the query. Takes
        PERMISSIVE, FAILFAST; by default PERMISSIVE.
    device
        Device that computes scores; auto uses the GPU that Spark assigned to the task, if any.
        Takes auto, cpu, gpu; by default auto.
    accelerator
        Whether Embark's own kernels compute encoders on a CPU, if they support the model. Takes
        auto, off; by default auto.
    precision
        Arithmetic of the accelerator: 32-bit floats; 16-bit integers if the CPU multiplies them
        faster than those; or 8-bit integers if the CPU has AVX-512 VNNI, AVX-VNNI or SDOT.
        Takes exact, fast, int8; by default fast.
    batch_tokens
        Maximum number of tokens of a native batch; depends on the device if unset. Takes 1 to
        1048576.

    Examples
    --------
    >>> pairs = spark.createDataFrame([("What is Spark?", "An engine.")], ["q", "d"])
    >>> score = rerank("q", "d", model="/models/reranker", max_tokens=256)
    >>> pairs.select(score.alias("score")).first()  # doctest: +SKIP
    """
    return call(
        "rerank",
        [query, document],
        {
            "model": model,
            "modelSha256": model_sha256,
            "instruction": instruction,
            "maxTokens": max_tokens,
            "truncation": truncation,
            "activation": activation,
            "mode": mode,
            "device": device,
            "accelerator": accelerator,
            "precision": precision,
            "batchTokens": batch_tokens,
        },
    )


def rerank_detail(
    query: ColumnOrName,
    document: ColumnOrName,
    *,
    model: str | None = None,
    model_sha256: str | None = None,
    instruction: str | None = None,
    max_tokens: int | None = None,
    truncation: Literal["longest_first", "only_second", "do_not_truncate"] | None = None,
    activation: Literal["model", "sigmoid", "none"] | None = None,
    mode: Literal["PERMISSIVE", "FAILFAST"] | None = None,
    device: Literal["auto", "cpu", "gpu"] | None = None,
    accelerator: Literal["auto", "off"] | None = None,
    precision: Literal["exact", "fast", "int8"] | None = None,
    batch_tokens: int | None = None,
) -> Column:
    """Returns the score that a reranker gives a document for a query with the number of tokens
    of the pair, whether a text was cut, and the reason if there is no score.

    Parameters
    ----------
    query
        A column, or its name.
    document
        A column, or its name.
    model
        The reranker: a model folder or a GGUF file; there is none built in. Takes path, file:,
        Hadoop URI, hf:org/repo, hf:org/repo/file.gguf, https: or classpath:.
    model_sha256
        Expected SHA-256 of the model file. Takes 64 hex digits.
    instruction
        What makes a document relevant to a query, for rerankers with an instruction in their
        prompt, such as Qwen3-Reranker; the model's own if unset. Takes text.
    max_tokens
        Maximum number of tokens of a pair, special tokens included; the model's context if
        unset. Takes 4 or more.
    truncation
        Which text of a pair of more than maxTokens tokens loses its end: the longer one, the
        document, or none, so that the pair fails. Takes longest_first, only_second,
        do_not_truncate; by default longest_first.
    activation
        What the model's output becomes: what the model's files say (a sigmoid if they say
        nothing), a sigmoid, or itself. Takes model, sigmoid, none; by default model.
    mode
        PERMISSIVE returns NULL for a pair that cannot be scored, FAILFAST ends the query. Takes
        PERMISSIVE, FAILFAST; by default PERMISSIVE.
    device
        Device that computes scores; auto uses the GPU that Spark assigned to the task, if any.
        Takes auto, cpu, gpu; by default auto.
    accelerator
        Whether Embark's own kernels compute encoders on a CPU, if they support the model. Takes
        auto, off; by default auto.
    precision
        Arithmetic of the accelerator: 32-bit floats; 16-bit integers if the CPU multiplies them
        faster than those; or 8-bit integers if the CPU has AVX-512 VNNI, AVX-VNNI or SDOT.
        Takes exact, fast, int8; by default fast.
    batch_tokens
        Maximum number of tokens of a native batch; depends on the device if unset. Takes 1 to
        1048576.

    Examples
    --------
    >>> pairs = spark.createDataFrame([("What is Spark?", "An engine.")], ["q", "d"])
    >>> detail = rerank_detail("q", "d", model="/models/reranker")
    >>> pairs.select(detail.alias("r")).select("r.tokens").first()  # doctest: +SKIP
    """
    return call(
        "rerank_detail",
        [query, document],
        {
            "model": model,
            "modelSha256": model_sha256,
            "instruction": instruction,
            "maxTokens": max_tokens,
            "truncation": truncation,
            "activation": activation,
            "mode": mode,
            "device": device,
            "accelerator": accelerator,
            "precision": precision,
            "batchTokens": batch_tokens,
        },
    )


def generate(
    prompt: ColumnOrName,
    *,
    model: str | None = None,
    model_sha256: str | None = None,
    chat_template: str | None = None,
    system: str | None = None,
    max_tokens: int | None = None,
    temperature: float | None = None,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
    seed: int | None = None,
    stop: str | None = None,
    grammar: str | None = None,
    schema: str | Mapping[str, object] | DataType | None = None,
    long_text: Literal["truncate", "error"] | None = None,
    truncate_side: Literal["start", "middle", "end"] | None = None,
    context_tokens: int | None = None,
    sequences: int | None = None,
    deterministic: bool | None = None,
    retries: int | None = None,
    mode: Literal["PERMISSIVE", "FAILFAST"] | None = None,
    device: Literal["auto", "cpu", "gpu"] | None = None,
    batch_tokens: int | None = None,
) -> Column:
    """Returns the answer of a model to prompt, as text or as a value of the type that schema
    names; NULL for NULL and, unless mode is FAILFAST, for a prompt that has no answer.

    Parameters
    ----------
    prompt
        A column, or its name.
    model
        The GGUF model, a decoder; there is none built in. Takes path, file:, Hadoop URI,
        hf:org/repo, hf:org/repo/file.gguf, https: or classpath:.
    model_sha256
        Expected SHA-256 of the model file. Takes 64 hex digits.
    chat_template
        Chat template of the prompt: the one in the model's file if it has one, no template, a
        template of llama.cpp, or the given one. Takes model, none, the name of a template of
        llama.cpp, such as chatml, or a text in Jinja; by default model.
    system
        System message of the chat; control tokens that are written out in it are text. Takes
        text.
    max_tokens
        Maximum number of tokens of an answer. Takes 1 or more; by default 256.
    temperature
        Randomness of sampling; 0 always takes the likeliest token. Takes 0 to 100; by default
        0.0.
    top_k
        Samples from this number of likeliest tokens; 0 samples from all. Takes 0 or more; by
        default 40.
    top_p
        Samples from the likeliest tokens that together have this probability. Takes 0 to 1; by
        default 0.95.
    min_p
        Samples from tokens with at least this share of the likeliest token's probability. Takes
        0 to 1; by default 0.05.
    seed
        Seed of sampling, combined with the prompt; the same seed gives the same answer. Takes 0
        or more; by default 0.
    stop
        Texts that end an answer and are removed from it. Takes texts separated by ||.
    grammar
        Grammar that every answer follows, in llama.cpp's notation. Takes GBNF with a rule root.
    schema
        Type of the answers, which is the type of the column; an answer is a JSON value of that
        type, and its strings are bounded so that it fits maxTokens. Takes a Spark DDL, such as
        label STRING, score DOUBLE, or a JSON schema, as a text, a dict or a type of Spark.
    long_text
        How to treat a prompt that leaves no room for an answer: cut it at truncateSide, or
        fail. Takes truncate, error; by default error.
    truncate_side
        Where longText=truncate cuts a prompt; the chat template and the system message remain
        whole. Takes start, middle, end; by default start.
    context_tokens
        Size of a task's context in tokens, for the prompts and answers of all parallel rows;
        each row has an equal part, a multiple of 256. Takes 2 or more; by default 4096.
    sequences
        Maximum number of rows that a task answers in parallel, limited by contextTokens. Takes
        1 to 255; by default 16.
    deterministic
        Whether llama.cpp keeps the layout of weights on a CPU, so that an answer does not
        depend on the rows answered in parallel; slower for Q4_0 and Q4_K. Takes true, false; by
        default false.
    retries
        How often a failed prompt is retried. Takes 0 or more; by default 1.
    mode
        PERMISSIVE returns NULL for a prompt that has no answer, FAILFAST ends the query. Takes
        PERMISSIVE, FAILFAST; by default PERMISSIVE.
    device
        Device that computes answers; auto uses the GPU that Spark assigned to the task, if any.
        Takes auto, cpu, gpu; by default auto.
    batch_tokens
        Maximum number of tokens of a native batch; depends on the device if unset. Takes 1 to
        1048576.

    Examples
    --------
    >>> prompts = spark.createDataFrame([("Is Spark a bird?",)], ["prompt"])
    >>> answer = generate("prompt", model="/models/chat.gguf", max_tokens=16)
    >>> prompts.select(answer.alias("answer")).first()  # doctest: +SKIP
    """
    return call(
        "generate",
        [prompt],
        {
            "model": model,
            "modelSha256": model_sha256,
            "chatTemplate": chat_template,
            "system": system,
            "maxTokens": max_tokens,
            "temperature": temperature,
            "topK": top_k,
            "topP": top_p,
            "minP": min_p,
            "seed": seed,
            "stop": stop,
            "grammar": grammar,
            "schema": schema_text(schema),
            "longText": long_text,
            "truncateSide": truncate_side,
            "contextTokens": context_tokens,
            "sequences": sequences,
            "deterministic": deterministic,
            "retries": retries,
            "mode": mode,
            "device": device,
            "batchTokens": batch_tokens,
        },
    )


def generate_detail(
    prompt: ColumnOrName,
    *,
    model: str | None = None,
    model_sha256: str | None = None,
    chat_template: str | None = None,
    system: str | None = None,
    max_tokens: int | None = None,
    temperature: float | None = None,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
    seed: int | None = None,
    stop: str | None = None,
    grammar: str | None = None,
    schema: str | Mapping[str, object] | DataType | None = None,
    long_text: Literal["truncate", "error"] | None = None,
    truncate_side: Literal["start", "middle", "end"] | None = None,
    context_tokens: int | None = None,
    sequences: int | None = None,
    deterministic: bool | None = None,
    retries: int | None = None,
    mode: Literal["PERMISSIVE", "FAILFAST"] | None = None,
    device: Literal["auto", "cpu", "gpu"] | None = None,
    batch_tokens: int | None = None,
) -> Column:
    """Returns the answer of a model to prompt, in the field text or with schema in the field
    answer, its number of tokens, how it ended (stop, length, stop_word or error), and the
    reason if there is no answer.

    Parameters
    ----------
    prompt
        A column, or its name.
    model
        The GGUF model, a decoder; there is none built in. Takes path, file:, Hadoop URI,
        hf:org/repo, hf:org/repo/file.gguf, https: or classpath:.
    model_sha256
        Expected SHA-256 of the model file. Takes 64 hex digits.
    chat_template
        Chat template of the prompt: the one in the model's file if it has one, no template, a
        template of llama.cpp, or the given one. Takes model, none, the name of a template of
        llama.cpp, such as chatml, or a text in Jinja; by default model.
    system
        System message of the chat; control tokens that are written out in it are text. Takes
        text.
    max_tokens
        Maximum number of tokens of an answer. Takes 1 or more; by default 256.
    temperature
        Randomness of sampling; 0 always takes the likeliest token. Takes 0 to 100; by default
        0.0.
    top_k
        Samples from this number of likeliest tokens; 0 samples from all. Takes 0 or more; by
        default 40.
    top_p
        Samples from the likeliest tokens that together have this probability. Takes 0 to 1; by
        default 0.95.
    min_p
        Samples from tokens with at least this share of the likeliest token's probability. Takes
        0 to 1; by default 0.05.
    seed
        Seed of sampling, combined with the prompt; the same seed gives the same answer. Takes 0
        or more; by default 0.
    stop
        Texts that end an answer and are removed from it. Takes texts separated by ||.
    grammar
        Grammar that every answer follows, in llama.cpp's notation. Takes GBNF with a rule root.
    schema
        Type of the answers, which is the type of the column; an answer is a JSON value of that
        type, and its strings are bounded so that it fits maxTokens. Takes a Spark DDL, such as
        label STRING, score DOUBLE, or a JSON schema, as a text, a dict or a type of Spark.
    long_text
        How to treat a prompt that leaves no room for an answer: cut it at truncateSide, or
        fail. Takes truncate, error; by default error.
    truncate_side
        Where longText=truncate cuts a prompt; the chat template and the system message remain
        whole. Takes start, middle, end; by default start.
    context_tokens
        Size of a task's context in tokens, for the prompts and answers of all parallel rows;
        each row has an equal part, a multiple of 256. Takes 2 or more; by default 4096.
    sequences
        Maximum number of rows that a task answers in parallel, limited by contextTokens. Takes
        1 to 255; by default 16.
    deterministic
        Whether llama.cpp keeps the layout of weights on a CPU, so that an answer does not
        depend on the rows answered in parallel; slower for Q4_0 and Q4_K. Takes true, false; by
        default false.
    retries
        How often a failed prompt is retried. Takes 0 or more; by default 1.
    mode
        PERMISSIVE returns NULL for a prompt that has no answer, FAILFAST ends the query. Takes
        PERMISSIVE, FAILFAST; by default PERMISSIVE.
    device
        Device that computes answers; auto uses the GPU that Spark assigned to the task, if any.
        Takes auto, cpu, gpu; by default auto.
    batch_tokens
        Maximum number of tokens of a native batch; depends on the device if unset. Takes 1 to
        1048576.

    Examples
    --------
    >>> prompts = spark.createDataFrame([("Is Spark a bird?",)], ["prompt"])
    >>> detail = generate_detail("prompt", model="/models/chat.gguf", temperature=0.7)
    >>> prompts.select(detail.alias("d")).select("d.finish").first()  # doctest: +SKIP
    """
    return call(
        "generate_detail",
        [prompt],
        {
            "model": model,
            "modelSha256": model_sha256,
            "chatTemplate": chat_template,
            "system": system,
            "maxTokens": max_tokens,
            "temperature": temperature,
            "topK": top_k,
            "topP": top_p,
            "minP": min_p,
            "seed": seed,
            "stop": stop,
            "grammar": grammar,
            "schema": schema_text(schema),
            "longText": long_text,
            "truncateSide": truncate_side,
            "contextTokens": context_tokens,
            "sequences": sequences,
            "deterministic": deterministic,
            "retries": retries,
            "mode": mode,
            "device": device,
            "batchTokens": batch_tokens,
        },
    )


def classify(
    text: ColumnOrName,
    labels: Sequence[str],
    *,
    model: str | None = None,
    model_sha256: str | None = None,
    chat_template: str | None = None,
    system: str | None = None,
    instruction: str | None = None,
    long_text: Literal["truncate", "error"] | None = None,
    truncate_side: Literal["start", "middle", "end"] | None = None,
    context_tokens: int | None = None,
    sequences: int | None = None,
    mode: Literal["PERMISSIVE", "FAILFAST"] | None = None,
    device: Literal["auto", "cpu", "gpu"] | None = None,
    batch_tokens: int | None = None,
) -> Column:
    """Returns the label that a model most likely answers with when it is asked to classify
    text; NULL for NULL and, unless mode is FAILFAST, for a text that cannot be classified.

    Parameters
    ----------
    text
        A column, or its name.
    labels
        Two or more different texts.
    model
        The GGUF model, a decoder; there is none built in. Takes path, file:, Hadoop URI,
        hf:org/repo, hf:org/repo/file.gguf, https: or classpath:.
    model_sha256
        Expected SHA-256 of the model file. Takes 64 hex digits.
    chat_template
        Chat template of the prompt: the one in the model's file if it has one, no template, a
        template of llama.cpp, or the given one. Takes model, none, the name of a template of
        llama.cpp, such as chatml, or a text in Jinja; by default model.
    system
        System message of the chat; control tokens that are written out in it are text. Takes
        text.
    instruction
        What the model is to do, written before each text. Takes text, whose {labels} is
        replaced by the labels; by default Classify the text as one of these labels: {labels}.
        Answer with the label alone..
    long_text
        How to treat a prompt that leaves no room for an answer: cut it at truncateSide, or
        fail. Takes truncate, error; by default error.
    truncate_side
        Where longText=truncate cuts a prompt; the chat template and the system message remain
        whole. Takes start, middle, end; by default start.
    context_tokens
        Size of a task's context in tokens: half of it, or less, for a prompt with a label, and
        the rest for copies of the prompt, one for each label at a time. Takes 512 or more; by
        default 4096.
    sequences
        Maximum number of labels that a task compares at a time, and two: one for the prompt and
        one for the start that all prompts share. Limited by contextTokens. Takes 2 to 255; by
        default 16.
    mode
        PERMISSIVE returns NULL for a text that cannot be classified, FAILFAST ends the query.
        Takes PERMISSIVE, FAILFAST; by default PERMISSIVE.
    device
        Device that computes scores; auto uses the GPU that Spark assigned to the task, if any.
        Takes auto, cpu, gpu; by default auto.
    batch_tokens
        Maximum number of tokens of a native batch; depends on the device if unset. Takes 1 to
        1048576.

    Examples
    --------
    >>> reviews = spark.createDataFrame([("Warm and quiet.",)], ["body"])
    >>> label = classify("body", ["good", "bad"], model="/models/chat.gguf")
    >>> reviews.select(label.alias("label")).first()  # doctest: +SKIP
    """
    return call(
        "classify",
        [text, label_array(labels)],
        {
            "model": model,
            "modelSha256": model_sha256,
            "chatTemplate": chat_template,
            "system": system,
            "instruction": instruction,
            "longText": long_text,
            "truncateSide": truncate_side,
            "contextTokens": context_tokens,
            "sequences": sequences,
            "mode": mode,
            "device": device,
            "batchTokens": batch_tokens,
        },
    )


def classify_detail(
    text: ColumnOrName,
    labels: Sequence[str],
    *,
    model: str | None = None,
    model_sha256: str | None = None,
    chat_template: str | None = None,
    system: str | None = None,
    instruction: str | None = None,
    long_text: Literal["truncate", "error"] | None = None,
    truncate_side: Literal["start", "middle", "end"] | None = None,
    context_tokens: int | None = None,
    sequences: int | None = None,
    mode: Literal["PERMISSIVE", "FAILFAST"] | None = None,
    device: Literal["auto", "cpu", "gpu"] | None = None,
    batch_tokens: int | None = None,
) -> Column:
    """Returns the label that a model most likely answers with when it is asked to classify
    text, the probability of each label (together 1), the number of tokens of the prompt,
    whether the text was cut, and the reason if there is no label.

    Parameters
    ----------
    text
        A column, or its name.
    labels
        Two or more different texts.
    model
        The GGUF model, a decoder; there is none built in. Takes path, file:, Hadoop URI,
        hf:org/repo, hf:org/repo/file.gguf, https: or classpath:.
    model_sha256
        Expected SHA-256 of the model file. Takes 64 hex digits.
    chat_template
        Chat template of the prompt: the one in the model's file if it has one, no template, a
        template of llama.cpp, or the given one. Takes model, none, the name of a template of
        llama.cpp, such as chatml, or a text in Jinja; by default model.
    system
        System message of the chat; control tokens that are written out in it are text. Takes
        text.
    instruction
        What the model is to do, written before each text. Takes text, whose {labels} is
        replaced by the labels; by default Classify the text as one of these labels: {labels}.
        Answer with the label alone..
    long_text
        How to treat a prompt that leaves no room for an answer: cut it at truncateSide, or
        fail. Takes truncate, error; by default error.
    truncate_side
        Where longText=truncate cuts a prompt; the chat template and the system message remain
        whole. Takes start, middle, end; by default start.
    context_tokens
        Size of a task's context in tokens: half of it, or less, for a prompt with a label, and
        the rest for copies of the prompt, one for each label at a time. Takes 512 or more; by
        default 4096.
    sequences
        Maximum number of labels that a task compares at a time, and two: one for the prompt and
        one for the start that all prompts share. Limited by contextTokens. Takes 2 to 255; by
        default 16.
    mode
        PERMISSIVE returns NULL for a text that cannot be classified, FAILFAST ends the query.
        Takes PERMISSIVE, FAILFAST; by default PERMISSIVE.
    device
        Device that computes scores; auto uses the GPU that Spark assigned to the task, if any.
        Takes auto, cpu, gpu; by default auto.
    batch_tokens
        Maximum number of tokens of a native batch; depends on the device if unset. Takes 1 to
        1048576.

    Examples
    --------
    >>> reviews = spark.createDataFrame([("Warm and quiet.",)], ["body"])
    >>> detail = classify_detail("body", ["good", "bad"], model="/models/chat.gguf")
    >>> reviews.select(detail.alias("d")).select("d.scores").first()  # doctest: +SKIP
    """
    return call(
        "classify_detail",
        [text, label_array(labels)],
        {
            "model": model,
            "modelSha256": model_sha256,
            "chatTemplate": chat_template,
            "system": system,
            "instruction": instruction,
            "longText": long_text,
            "truncateSide": truncate_side,
            "contextTokens": context_tokens,
            "sequences": sequences,
            "mode": mode,
            "device": device,
            "batchTokens": batch_tokens,
        },
    )


def cosine_similarity(a: ColumnOrName, b: ColumnOrName) -> Column:
    """Returns the cosine of the angle between two vectors of the same length, a FLOAT from -1
    to 1; NULL if a vector is empty or zero, or contains NULL, NaN or infinity. For two BINARY,
    vectors of one bit per dimension, returns 1 - 2 * (number of different bits) / (number of
    bits).

    Parameters
    ----------
    a
        A column, or its name.
    b
        A column, or its name.

    Examples
    --------
    >>> pairs = spark.createDataFrame([([3.0, 4.0], [4.0, 3.0])], ["a", "b"])
    >>> pairs.select(cosine_similarity("a", "b").alias("c")).selectExpr("round(c, 4) c").first()
    Row(c=0.9599999785423279)
    """
    return call("cosine_similarity", [a, b], {})


def vector_to_binary(vector: ColumnOrName) -> Column:
    """Returns the elements of a vector as 32-bit floats in little-endian order, BINARY; NULL if
    the vector contains NULL.

    Parameters
    ----------
    vector
        A column, or its name.

    Examples
    --------
    >>> spark.sql(  # doctest: +SKIP
    ...     '''SELECT vector_to_binary(array(1F, 2F))'''
    ... ).first()
    """
    return call("vector_to_binary", [vector], {})


def vector_cosine_similarity(a: ColumnOrName, b: ColumnOrName) -> Column:
    """Returns the cosine of the angle between two vectors of the same length; NULL if a vector
    is empty or zero, or contains NULL.

    Parameters
    ----------
    a
        A column, or its name.
    b
        A column, or its name.

    Examples
    --------
    >>> pairs = spark.sql("SELECT array(3F, 4F) AS a, array(3F, 0F) AS b")
    >>> pairs.select(vector_cosine_similarity("a", "b").alias("r")).first()
    Row(r=0.6000000238418579)
    """
    return call("vector_cosine_similarity", [a, b], {})


def vector_inner_product(a: ColumnOrName, b: ColumnOrName) -> Column:
    """Returns the inner product of two vectors of the same length, 0 for empty ones; NULL if a
    vector contains NULL.

    Parameters
    ----------
    a
        A column, or its name.
    b
        A column, or its name.

    Examples
    --------
    >>> pairs = spark.sql("SELECT array(3F, 4F) AS a, array(3F, 0F) AS b")
    >>> pairs.select(vector_inner_product("a", "b").alias("r")).first()
    Row(r=9.0)
    """
    return call("vector_inner_product", [a, b], {})


def vector_l2_distance(a: ColumnOrName, b: ColumnOrName) -> Column:
    """Returns the Euclidean distance between two vectors of the same length, 0 for empty ones;
    NULL if a vector contains NULL.

    Parameters
    ----------
    a
        A column, or its name.
    b
        A column, or its name.

    Examples
    --------
    >>> pairs = spark.sql("SELECT array(3F, 4F) AS a, array(3F, 0F) AS b")
    >>> pairs.select(vector_l2_distance("a", "b").alias("r")).first()
    Row(r=4.0)
    """
    return call("vector_l2_distance", [a, b], {})


def vector_norm(vector: ColumnOrName, degree: ColumnOrName | None = None) -> Column:
    """Returns the norm of a vector, 0 for an empty one; NULL if the vector contains NULL.

    Parameters
    ----------
    vector
        A column, or its name.
    degree
        A column, or its name, of FLOAT: 1, 2 (the default) or infinity.

    Examples
    --------
    >>> vectors = spark.sql("SELECT array(3F, 4F) AS v")
    >>> vectors.select(vector_norm("v").alias("r")).first()
    Row(r=5.0)
    """
    columns = [vector, degree] if degree is not None else [vector]
    return call("vector_norm", columns, {})


def vector_normalize(vector: ColumnOrName, degree: ColumnOrName | None = None) -> Column:
    """Returns the vector divided by its norm; NULL for a zero vector, or if the vector contains
    NULL.

    Parameters
    ----------
    vector
        A column, or its name.
    degree
        A column, or its name, of FLOAT: 1, 2 (the default) or infinity.

    Examples
    --------
    >>> vectors = spark.sql("SELECT array(3F, 4F) AS v")
    >>> vectors.select(vector_normalize("v").alias("r")).first()
    Row(r=[0.6000000238418579, 0.800000011920929])
    """
    columns = [vector, degree] if degree is not None else [vector]
    return call("vector_normalize", columns, {})


def vector_sum(vector: ColumnOrName) -> Column:
    """Returns the sum of the vectors of a group, element by element. Vectors that are NULL or
    contain NULL are skipped.

    Parameters
    ----------
    vector
        A column, or its name.

    Examples
    --------
    >>> vectors = spark.sql("SELECT * FROM VALUES (array(1F, 2F)), (array(3F, 4F)) AS t(v)")
    >>> vectors.select(vector_sum("v").alias("r")).first()
    Row(r=[4.0, 6.0])
    """
    return call("vector_sum", [vector], {})


def vector_avg(vector: ColumnOrName) -> Column:
    """Returns the average of the vectors of a group, element by element. Vectors that are NULL
    or contain NULL are skipped.

    Parameters
    ----------
    vector
        A column, or its name.

    Examples
    --------
    >>> vectors = spark.sql("SELECT * FROM VALUES (array(1F, 2F)), (array(3F, 4F)) AS t(v)")
    >>> vectors.select(vector_avg("v").alias("r")).first()
    Row(r=[2.0, 3.0])
    """
    return call("vector_avg", [vector], {})
