package dev.embark.spark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.embark.engine.rows.RowCounter;
import dev.embark.engine.rows.RowCounts;
import dev.embark.spark.compat.Scala;
import dev.embark.spark.metrics.ApplicationProgress;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListenerEvent;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.LongAccumulator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import scala.Option;
import scala.Tuple4;
import scala.collection.immutable.Seq;

/** Metrics in the SQL tab, the REST API, Prometheus and the progress output. */
class MetricsTest {
  private static SparkSession spark;

  @BeforeAll
  static void start() {
    spark =
        SparkSession.builder()
            .master("local[2]")
            .appName("metrics")
            .config("spark.default.parallelism", "1")
            .config("spark.ui.enabled", "true")
            .config("spark.ui.port", "0")
            .config("spark.plugins", EmbarkPlugin.class.getName())
            .config(
                "spark.metrics.conf.*.sink.prometheusServlet.class",
                "org.apache.spark.metrics.sink.PrometheusServlet")
            .config("spark.metrics.conf.*.sink.prometheusServlet.path", "/metrics/prometheus")
            .getOrCreate();
  }

  @AfterAll
  static void stop() {
    TestSession.stop(spark);
  }

  @Test
  void restApiHasTheMetricsOfTheOperator() throws Exception {
    spark
        .sql(
            "SELECT embed(body, map('batchTokens', 512)) FROM VALUES ('a cat'), ('a cat'), (NULL),"
                + " (repeat('word ', 600)) AS t(body)")
        .collectAsList();
    Map<String, String> metrics = lastOperator();
    assertThat(metrics)
        .containsEntry("rows embedded", "3")
        .containsEntry("rows null", "1")
        .containsEntry("rows failed", "0")
        .containsEntry("rows truncated", "1")
        .containsEntry("rows deduplicated", "1")
        // [CLS] a cat [SEP], and the first maxTokens tokens of the long text.
        .containsEntry("tokens", "516")
        .containsEntry("native batches", "2")
        // 516 of 2 × 512 tokens, in tenths of a percent.
        .containsEntry("fill of batches (%)", "50.3");
    assertThat(metrics)
        .containsKeys("time tokenising", "time encoding", "time loading the model")
        .hasSize(12);
    assertThat(metrics.get("time encoding")).doesNotStartWith("0 ");
  }

  @Test
  void countsFailedRows() throws Exception {
    spark
        .sql(
            "SELECT embed(body, map('longText', 'error')) FROM VALUES ('a cat'), (repeat('word ',"
                + " 600)) AS t(body)")
        .collectAsList();
    assertThat(lastOperator())
        .containsEntry("rows embedded", "1")
        .containsEntry("rows failed", "1");
  }

  @Test
  void pluginPublishesExecutorCountersToPrometheus() throws Exception {
    long before = prometheus("tokens");
    spark.sql("SELECT embed('a cat')").collectAsList();
    assertThat(prometheus("tokens") - before).isEqualTo(4);
    assertThat(prometheus("rowsEmbedded")).isPositive();
    assertThat(prometheus("encodeNanos")).isPositive();
  }

  @Test
  void countsTextsOfALambda() throws Exception {
    long before = prometheus("tokens");
    RowCounts progress = ApplicationProgress.of(spark).ended();
    spark
        .sql(
            "SELECT transform(bodies, b -> embed(b)) FROM VALUES (array('a cat', 'a', NULL)) t(bodies)")
        .collectAsList();
    assertThat(prometheus("tokens") - before).isEqualTo(7);
    RowCounts now = ApplicationProgress.of(spark).ended();
    assertThat(now.tokens() - progress.tokens()).isEqualTo(7);
    assertThat(now.rows() - progress.rows()).isEqualTo(2);
  }

  @Test
  void ignoresAHeartbeatAfterTheEndOfItsTask() throws Exception {
    spark.sql("SELECT embed('a cat')").collectAsList();
    ApplicationProgress progress = ApplicationProgress.of(spark);
    spark.sparkContext().listenerBus().waitUntilEmpty();
    RowCounts before = progress.counts();
    LongAccumulator rows = progress.accumulators().get(RowCounter.ROWS);
    for (long task : new long[] {0, 1L << 40}) { // an ended task and an unknown one
      spark.sparkContext().listenerBus().post(heartbeat(task, rows, 17));
    }
    spark.sparkContext().listenerBus().waitUntilEmpty();
    assertThat(progress.counts()).isEqualTo(before);
  }

  @SuppressWarnings({"unchecked", "rawtypes"}) // the Seq within it has another type in Scala 2.12
  private static SparkListenerEvent heartbeat(long task, LongAccumulator counter, long update) {
    AccumulableInfo info =
        new AccumulableInfo(
            counter.id(),
            Option.empty(),
            Option.apply(update),
            Option.empty(),
            true,
            true,
            Option.empty());
    Seq tasks = Scala.seq(List.of(new Tuple4(task, 0, 0, Scala.seq(List.of(info)))));
    return new SparkListenerExecutorMetricsUpdate(
        "driver", tasks, scala.collection.immutable.Map$.MODULE$.empty());
  }

  @Test
  void printsTheThroughputOfAStageOnRequest() throws Exception {
    assertThat(printed(() -> spark.sql("SELECT embed('a cat')").collectAsList()))
        .doesNotContain("tokens/s");
    spark.conf().set("spark.embark.progress", "true");
    assertThat(printed(() -> spark.sql("SELECT embed('a cat')").collectAsList()))
        .containsPattern("stage \\d+: 1 rows, 4 tokens, [\\d,]+ tokens/s");
  }

  /** The operator's metrics in the last query, by name. */
  private static Map<String, String> lastOperator() throws Exception {
    spark.sparkContext().listenerBus().waitUntilEmpty();
    // Spark aggregates task metrics on a separate thread without a completion signal.
    long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    Map<String, String> metrics = shownOfLastOperator();
    while (metrics.isEmpty() && System.nanoTime() < end) {
      Thread.sleep(20);
      metrics = shownOfLastOperator();
    }
    return metrics;
  }

  private static Map<String, String> shownOfLastOperator() throws Exception {
    JsonNode queries =
        new ObjectMapper()
            .readTree(
                get(
                    "/api/v1/applications/"
                        + spark.sparkContext().applicationId()
                        + "/sql?details=true&planDescription=false&length=1000"));
    List<JsonNode> operators = new ArrayList<>();
    for (JsonNode node : queries.get(queries.size() - 1).get("nodes")) {
      if (node.get("nodeName").asText().equals("EvalModel")) {
        operators.add(node);
      }
    }
    assertThat(operators).hasSize(1);
    Map<String, String> metrics = new LinkedHashMap<>();
    for (JsonNode metric : operators.get(0).get("metrics")) {
      metrics.put(metric.get("name").asText(), metric.get("value").asText());
    }
    return metrics;
  }

  private static long prometheus(String metric) throws Exception {
    return get("/metrics/prometheus")
        .lines()
        .filter(line -> line.contains("EmbarkPlugin_" + metric + "_Value"))
        .mapToLong(line -> Long.parseLong(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  private static String get(String path) throws IOException, InterruptedException {
    HttpResponse<String> response =
        HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NORMAL)
            .build()
            .send(
                HttpRequest.newBuilder(URI.create(spark.sparkContext().uiWebUrl().get() + path))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).as(path).isEqualTo(200);
    return response.body();
  }

  private static String printed(Runnable action) throws Exception {
    PrintStream before = System.err;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    System.setErr(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      action.run();
      spark.sparkContext().listenerBus().waitUntilEmpty();
    } finally {
      System.setErr(before);
    }
    return printed.toString(StandardCharsets.UTF_8);
  }
}
