package dev.embark.notebooks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.engine.options.EmbedOption;
import dev.embark.engine.options.EmbedOptions;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

@Tag("guides")
class OptionsNotebookTest {
  @RegisterExtension static final Notebook notebook = Notebook.run("04_models_and_options.sql");

  @Test
  void theFirstCellListsEveryOption() {
    String described = notebook.rows("All options").toString();

    for (EmbedOption option : EmbedOptions.every()) {
      assertThat(described).contains(option.key() + " - ");
    }
  }

  @Test
  void theFullNameOfTheBuiltInModelIsTheDefault() {
    Row row = notebook.rows("A model by its name").get(0);

    assertThat(row.<Integer>getAs("dimensions")).isEqualTo(384);
    assertThat(row.<Float>getAs("similarity_to_the_default")).isEqualTo(1f);
  }

  @Test
  void aPrefixChangesTheVectors() {
    Row row = notebook.rows("A prefix changes the vector").get(0);

    assertThat(row.<Float>getAs("without")).isGreaterThan(0.5f);
    assertThat(row.<Float>getAs("with_prefix")).isLessThan(row.<Float>getAs("without"));
  }

  @Test
  void onlyTheLongTextIsTruncated() {
    assertThat(notebook.<Boolean>column("What was cut off", "truncated"))
        .containsExactly(true, false);
    assertThat(notebook.<Integer>column("What was cut off", "tokens").get(0)).isEqualTo(512);
  }

  @Test
  void chunksKeepSomethingOfTheEndThatTruncationLoses() {
    Row row = notebook.rows("Truncated and chunked").get(0);

    assertThat(row.<Float>getAs("chunked")).isGreaterThan(row.<Float>getAs("truncated"));
    assertThat(row.<String>getAs("error")).contains("tokens").contains("longText=chunk");
  }

  @Test
  void halfOfTheDimensionsHaveUnitLength() {
    Row row = notebook.rows("Half of the dimensions").get(0);

    assertThat(row.<Integer>getAs("dimensions")).isEqualTo(192);
    assertThat(row.<Double>getAs("length")).isEqualTo(1.0);
  }

  @Test
  void bytesAndBitsOrderTheClosestPairAsFloatsDo() {
    List<Row> pairs = notebook.rows("What the smaller numbers keep");

    assertThat(pairs).hasSize(6);
    for (Row pair : pairs) {
      assertThat(pair.<Float>getAs("by_bytes") - pair.<Float>getAs("by_floats"))
          .isBetween(-0.01f, 0.01f);
      assertThat(pair.<Double>getAs("bits_that_differ"))
          .isBetween(pairs.get(0).<Double>getAs("bits_that_differ"), 0.6);
    }
  }

  @Test
  void theOptionOfTheCallWinsOverTheSessions() {
    assertThat(notebook.rows("With the session's option"))
        .singleElement()
        .isEqualTo(RowFactory.create(16, 32));
    assertThat(notebook.spark().conf().contains("spark.embark.maxTokens")).isFalse();
  }
}
