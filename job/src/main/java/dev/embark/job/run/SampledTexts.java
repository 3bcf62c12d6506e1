package dev.embark.job.run;

import static org.apache.spark.sql.functions.length;
import static org.apache.spark.sql.functions.substring;

import dev.embark.engine.options.ChunkOptions;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.LongText;
import dev.embark.job.input.Sample;
import dev.embark.job.state.Columns;
import dev.embark.job.state.FunctionCall;
import java.util.Comparator;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Texts of a {@link Sample}. They remain on the executors; only their lengths reach the driver.
 *
 * @param texts texts of the sample with their {@link Sample#ORDER}
 * @param lengths lengths of the texts that are not NULL, in the sample's order
 */
record SampledTexts(Dataset<Row> texts, List<Length> lengths) {
  /** Name of the text column. */
  static final String TEXT = "_embark_text";

  /** Number of leading characters that are tokenized; most models read no more of a text. */
  private static final int HEAD = 1 << 15;

  private static final String CHARACTERS = "_embark_characters";
  private static final String TOKENS = "_embark_tokens";

  /**
   * Length of a text.
   *
   * @param order the {@link Sample#ORDER} of its row
   * @param headTokens tokens of the text's head that the model reads; 0 if it would fail, or for
   *     prompts
   * @param tokens tokens of the whole text that the model reads; extrapolated if it exceeds the
   *     head
   */
  record Length(int order, long headTokens, long tokens) {}

  static SampledTexts of(SparkSession spark, FunctionCall call, Sample sample, String textColumn) {
    Column text = Columns.quoted(TEXT);
    Dataset<Row> texts =
        sample
            .dataset(spark)
            .select(Columns.quoted(textColumn).as(TEXT), Columns.quoted(Sample.ORDER))
            .where(text.isNotNull());
    int cores = spark.sparkContext().defaultParallelism();
    Dataset<Row> heads =
        texts
            .select(Columns.quoted(Sample.ORDER), length(text).as(CHARACTERS), head())
            .repartition(cores);
    List<Row> counted =
        heads.withColumn(TOKENS, call.countedTokens(text)).drop(TEXT).collectAsList();
    HeadTokens head = new HeadTokens(spark, call);
    return new SampledTexts(
        texts,
        counted.stream()
            .map(row -> measured(row, head))
            .sorted(Comparator.comparingInt(Length::order))
            .toList());
  }

  private static Length measured(Row row, HeadTokens head) {
    int tokens = row.isNullAt(2) ? 0 : row.getInt(2);
    int characters = row.getInt(1);
    return new Length(
        row.getInt(0),
        tokens,
        characters <= HEAD ? tokens : head.ofWhole(tokens, (double) characters / HEAD));
  }

  private static Column head() {
    return substring(Columns.quoted(TEXT), 1, HEAD).as(TEXT);
  }

  /** Returns the heads of the selected texts as column {@link #TEXT}. */
  Dataset<Row> heads(List<Integer> orders) {
    return some(orders).select(head());
  }

  /** Returns the selected texts as column {@link #TEXT}. */
  Dataset<Row> whole(List<Integer> orders) {
    return some(orders).select(TEXT);
  }

  private Dataset<Row> some(List<Integer> orders) {
    return texts.where(Columns.quoted(Sample.ORDER).isInCollection(orders));
  }

  /**
   * Extrapolates from the head of a long text to the tokens of the whole text that the model reads.
   */
  private static final class HeadTokens {
    private final SparkSession spark;
    private final FunctionCall call;
    private long most; // 0 while unknown, because finding it loads the model

    HeadTokens(SparkSession spark, FunctionCall call) {
      this.spark = spark;
      this.call = call;
    }

    long ofWhole(long tokens, double times) {
      if (tokens == 0 || !(call.options(spark) instanceof EmbedOptions options)) {
        return tokens;
      }
      long all = Math.round(tokens * times);
      if (options.longText() == LongText.CHUNK || options instanceof ChunkOptions) {
        return all;
      }
      if (most == 0) {
        most = FunctionCall.mostTokens(spark, options);
      }
      if (all <= most) {
        return all;
      }
      return options.longText() == LongText.ERROR ? 0 : most;
    }
  }
}
