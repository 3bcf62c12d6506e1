package dev.embark.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class InputFormatTest {
  @ParameterizedTest
  @CsvSource({
    "a.parquet, parquet",
    "a.json, json",
    "s3a://b/a.JSONL, json",
    "a.ndjson.gz, json",
    "dir/*.csv, csv",
    "a.tsv.zst, csv",
    "a.txt, text",
    "a.json*, json"
  })
  void extensionsNameTheFormatCompressedOrNot(String name, String format) {
    assertThat(InputFormat.ofExtension(name)).contains(format);
  }

  @ParameterizedTest
  @ValueSource(strings = {"docs", "a.b", "dir/data", "v1.2/data", "a.gz", "json/a"})
  void otherNamesNameNoFormat(String name) {
    assertThat(InputFormat.ofExtension(name)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"docs, true", "lake.db.docs, true", "./docs, false", "docs.json, false"})
  void aNameWithoutSlashOrExtensionIsATable(String name, boolean table) {
    assertThat(InputFormat.isTableName(name)).isEqualTo(table);
  }

  @ParameterizedTest
  @CsvSource({"CSV, csv", "Parquet, parquet", "delta, delta", "com.x.MyFormat, com.x.MyFormat"})
  void formatsAreWrittenInAnyCaseAndClassesInTheirOwn(String given, String format) {
    assertThat(InputFormat.canonical(given)).isEqualTo(format);
  }

  @Test
  void tabsPartTheFieldsOfTsvOnly() {
    assertThat(InputFormat.isTabSeparated("a.tsv.gz")).isTrue();
    assertThat(InputFormat.isTabSeparated("tsv/a.csv")).isFalse();
  }
}
