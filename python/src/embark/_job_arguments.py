"""Arguments of a job: those of ``embark run``.

Generated from the lists that SQL and the command have. Edit those, and run
``mvn -q -pl docs -am package -DskipITs -Dtest=ReferenceTest,PythonModulesTest
-Dsurefire.failIfNoSpecifiedTests=false -Dembark.docs.write=true``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from embark._call import command_line


class JobArguments:
    """Arguments of a batch job.

    Parameters
    ----------
    input
        What to read: a path, a glob, any Hadoop URI, or the name of a table.
    query
        SELECT statement whose rows to read; instead of --input.
    input_format
        parquet, orc, json, csv, text, table, or another format that this Spark reads. Default:
        by the extension; a name without slash or extension is a table, and so is a folder with
        a Delta or Iceberg log.
    input_option
        Option of Spark's reader, such as multiLine=true; repeatable.
    text_column
        Column with the texts or prompts. Default: text; for plain text, value.
    id_column
        Column that identifies a row for --save-mode append and in the quarantine; unique and
        without NULL.
    output
        Where to write the input's columns and the result: a path or, with delta or iceberg,
        also a table name.
    output_format
        parquet, orc, json, delta or iceberg. Default: parquet.
    output_option
        Option of Spark's writer, such as compression=zstd; repeatable.
    partition_by
        Comma-separated columns whose values become folders of the output.
    repartition
        Number of tasks that compute a wave, and of files it becomes. Default: based on the
        number of cores.
    save_mode
        What to do if the output exists: errorifexists, overwrite, append, ignore. append with
        --id-column processes only new rows and rows with changed texts. Default: errorifexists.
    incremental
        With --save-mode append, read only what changed in the input since the last run: files
        of another size or time, or the changes that a Delta or Iceberg table records. Compares
        all rows if there is no record, and says so.
    compare_columns
        With --save-mode append, also update rows that have the same text but another value in
        one of these comma-separated columns; their results are kept.
    embedding_column
        Name of the column that the job adds. Default: embedding or, with --function generate,
        answer.
    new_fingerprint
        What to do if the output has results of another model or option: overwrite the output,
        or add-column to write the new results to another --embedding-column. Default: refuse.
    accept_vector_version
        Append to an output whose results an Embark of another vector version computed; the
        refusal names the measured difference.
    rows_per_wave
        Maximum number of rows that are committed together; a crash loses at most the work of
        one wave. Default: as many as take about four minutes, found while running.
    dedupe
        Compute each distinct text of the whole input once; shuffles the input.
    max_failed
        Stop after the wave in which more than this number, or percentage, of rows have failed.
    retry_quarantined
        Also retry rows of the output that failed before; may change --long-text and, for
        embeddings, --max-tokens and chunkOverlap. Requires --id-column.
    quarantine_text
        Also store the text of failed rows in the quarantine.
    price_per_core_hour
        Price of a core for an hour in any currency, such as 0.05, from which the dry run and
        the report compute the cost: cores times wall time.
    function
        embed, generate: compute a vector for each text, or answer each text as a prompt.
        Default: embed.
    explode_chunks
        Cut each text into chunks, as embed_chunks does with the same options, and write a row
        per chunk: its vector, chunk_position, chunk_begin, chunk_end and chunk_text. Takes
        --option chunkTokens, chunkOverlap, chunkBoundary and chunkLocale instead of
        --max-tokens and --long-text.
    model
        Path or URI of a GGUF file or a model folder. Default: the built-in MiniLM; none for
        --function generate.
    max_tokens
        Maximum number of tokens of a text, by default the model's context; with --function
        generate, of an answer, by default 256.
    long_text
        How to treat longer texts: truncate, chunk or error. Default: truncate; error for
        prompts, which cannot be chunked.
    prefix
        Prefix of each text, such as 'query: '.
    role
        What the texts are in a search, query or document: the model's prompt for it is put
        before each text, unless --prefix is given. Default: document, if prompts of the model
        are known and the output was not begun without them.
    dimensions
        Keep the first N dimensions and normalise again. Default: all.
    normalize
        Norm of the vectors: l2, none, l1, max or p:<n>. Default: l2.
    mode
        What to do with a row that fails: PERMISSIVE writes NULL, FAILFAST ends the job.
    option
        Any other option of embed() or generate(), such as batchTokens=4096 or temperature=0.7;
        repeatable.
    progress
        How to show progress on standard error: auto, plain, json, none. auto redraws one line
        at a terminal and is plain elsewhere; json prints one object per line. Default: auto.
    """

    def __init__(
        self,
        *,
        input: str | None = None,
        query: str | None = None,
        input_format: str | None = None,
        input_option: Mapping[str, object] | None = None,
        text_column: str | None = None,
        id_column: str | None = None,
        output: str | None = None,
        output_format: Literal["parquet", "orc", "json", "delta", "iceberg"] | None = None,
        output_option: Mapping[str, object] | None = None,
        partition_by: Sequence[str] | None = None,
        repartition: int | None = None,
        save_mode: Literal["errorifexists", "overwrite", "append", "ignore"] | None = None,
        incremental: bool = False,
        compare_columns: Sequence[str] | None = None,
        embedding_column: str | None = None,
        new_fingerprint: Literal["overwrite", "add-column"] | None = None,
        accept_vector_version: bool = False,
        rows_per_wave: int | None = None,
        dedupe: bool = False,
        max_failed: int | str | None = None,
        retry_quarantined: bool = False,
        quarantine_text: bool = False,
        price_per_core_hour: float | None = None,
        function: Literal["embed", "generate"] | None = None,
        explode_chunks: bool = False,
        model: str | None = None,
        max_tokens: int | None = None,
        long_text: str | None = None,
        prefix: str | None = None,
        role: str | None = None,
        dimensions: int | None = None,
        normalize: str | None = None,
        mode: str | None = None,
        option: Mapping[str, object] | None = None,
        progress: Literal["auto", "plain", "json", "none"] | None = None,
    ) -> None:
        self._arguments: list[str] = command_line(
            {
                "--input": input,
                "--query": query,
                "--input-format": input_format,
                "--input-option": input_option,
                "--text-column": text_column,
                "--id-column": id_column,
                "--output": output,
                "--output-format": output_format,
                "--output-option": output_option,
                "--partition-by": partition_by,
                "--repartition": repartition,
                "--save-mode": save_mode,
                "--incremental": incremental,
                "--compare-columns": compare_columns,
                "--embedding-column": embedding_column,
                "--new-fingerprint": new_fingerprint,
                "--accept-vector-version": accept_vector_version,
                "--rows-per-wave": rows_per_wave,
                "--dedupe": dedupe,
                "--max-failed": max_failed,
                "--retry-quarantined": retry_quarantined,
                "--quarantine-text": quarantine_text,
                "--price-per-core-hour": price_per_core_hour,
                "--function": function,
                "--explode-chunks": explode_chunks,
                "--model": model,
                "--max-tokens": max_tokens,
                "--long-text": long_text,
                "--prefix": prefix,
                "--role": role,
                "--dimensions": dimensions,
                "--normalize": normalize,
                "--mode": mode,
                "--option": option,
                "--progress": progress,
            }
        )
