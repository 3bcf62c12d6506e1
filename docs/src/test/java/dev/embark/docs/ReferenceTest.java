package dev.embark.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.engine.options.EmbedOption;
import dev.embark.engine.options.GenerateOption;
import dev.embark.engine.options.RerankOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;

class ReferenceTest {
  private static final Path FILE = Markdown.ROOT.resolve("docs/reference.md");

  @Test
  void theReferenceIsUpToDate() throws IOException {
    String expected;
    try (SparkSession spark = LocalSpark.start()) {
      expected = Reference.of(spark.sparkContext());
    }
    if (Boolean.getBoolean("embark.docs.write")) {
      Files.writeString(FILE, expected);
    }

    assertThat(Files.readString(FILE))
        .as("docs/reference.md is out of date; write it anew with: %s", Reference.COMMAND)
        .isEqualTo(expected);
    for (EmbedOption option : EmbedOption.values()) {
      assertThat(expected).contains("| `" + option.key() + "` |");
    }
    for (RerankOption option : RerankOption.values()) {
      assertThat(expected).contains("| `" + option.key() + "` |", option.description());
    }
    for (GenerateOption option : GenerateOption.values()) {
      assertThat(expected).contains("| `" + option.key() + "` |", option.description());
    }
    assertThat(expected).contains("### embed_detail", "rows truncated", "### embark run", "2 bad");
  }
}
