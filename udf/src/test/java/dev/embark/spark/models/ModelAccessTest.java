package dev.embark.spark.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.engine.model.Sha256;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.imports.TinyFolder;
import dev.embark.spark.Embark;
import dev.embark.spark.TestSession;
import dev.embark.spark.catalyst.RowByRowEvaluation;
import dev.embark.spark.compat.Scala;
import dev.embark.store.cache.StoredModel;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Resolution of model URIs with the settings of a Spark session. */
class ModelAccessTest {
  private static final String DEFAULT_MODEL =
      "classpath:dev/embark/model/all-MiniLM-L6-v2-f16.gguf";

  private static SparkSession spark;

  // Every later task of the session fetches the file again on Spark 3.5.
  @TempDir private static Path shipped;

  /** A file system that Hadoop does not consider local; its files are local. */
  public static final class LakeFileSystem extends RawLocalFileSystem {
    @Override
    public URI getUri() {
      return URI.create("lake:///");
    }
  }

  @BeforeAll
  static void start() {
    spark = TestSession.start("local[2]");
    // A user would set this as spark.hadoop.fs.lake.impl before the start.
    spark
        .sparkContext()
        .env()
        .conf()
        .set("spark.hadoop.fs.lake.impl", LakeFileSystem.class.getName());
  }

  @AfterAll
  static void stop() {
    TestSession.stop(spark);
  }

  @Test
  void defaultModelIsOnTheClassPathWithItsHash() throws IOException {
    Path file = path(DEFAULT_MODEL, Optional.empty());
    assertThat(file).isRegularFile();
    String hash =
        new String(
                ModelAccessTest.class
                    .getResourceAsStream("/dev/embark/model/all-MiniLM-L6-v2-f16.gguf.sha256")
                    .readAllBytes(),
                java.nio.charset.StandardCharsets.UTF_8)
            .split("\\s+")[0];
    assertThat(Sha256.of(file)).isEqualTo(hash);
    assertThat(path(DEFAULT_MODEL, Optional.of(hash))).isEqualTo(file);
  }

  @Test
  void localFileIsCopiedOnceUnderAllItsNames(@TempDir Path dir) throws IOException {
    Path file = Files.writeString(dir.resolve("a model.gguf"), "x");
    Path copy = path(file.toString(), Optional.empty());
    assertThat(copy).isNotEqualTo(file).hasContent("x");
    assertThat(path(file.toUri().toString(), Optional.empty())).isEqualTo(copy);
    assertThat(path("file:" + file, Optional.empty())).isEqualTo(copy);
  }

  @Test
  void inPlaceTakesAListOfDirectories() {
    SparkConf conf = new SparkConf(false).set("spark.embark.inPlace", "/opt/models, /mnt/image,");
    assertThat(ExecutorSettings.of(conf, Map.of()).store().inPlace())
        .containsExactly(Path.of("/opt/models"), Path.of("/mnt/image"));
  }

  @Test
  void overwritingTheFileDoesNotChangeTheModelOfARunningQuery(@TempDir Path dir)
      throws IOException {
    Path file = Files.copy(path(DEFAULT_MODEL, Optional.empty()), dir.resolve("m.gguf"));
    EmbedOptions options = EmbedOptions.of(Map.of("model", file.toString()));
    FunctionOptions pinned = ModelAccess.NONE.pinned(options, ExecutorModels.store());
    try (StoredModel first = ModelAccess.NONE.open(pinned, ExecutorModels.store())) {
      Files.writeString(file, "another");
      try (StoredModel later = ModelAccess.NONE.open(pinned, ExecutorModels.store())) {
        assertThat(later.path()).isEqualTo(first.path());
        assertThat(Sha256.of(later.path())).isEqualTo(pinned.modelSha256().get());
      }
      assertThat(ModelAccess.NONE.pinned(options, ExecutorModels.store()).modelSha256())
          .contains(Sha256.of("another"));
    }
  }

  @Test
  void remoteFileIsCopiedAgainOnlyWhenItChanges(@TempDir Path dir) throws IOException {
    Path original = Files.writeString(dir.resolve("m.gguf"), "first");
    String uri = "lake://" + original;
    Path copy = path(uri, Optional.empty());
    assertThat(copy).isNotEqualTo(original).hasContent("first");
    assertThat(path(uri, Optional.empty())).isEqualTo(copy);
    Files.writeString(original, "second, longer");
    Path second = path(uri, Optional.empty());
    assertThat(second).isNotEqualTo(copy).hasContent("second, longer");
    assertThat(copy).hasContent("first");
  }

  @Test
  void embedsWithAModelOnAHadoopFileSystem() {
    Path file = path(DEFAULT_MODEL, Optional.empty());
    assertThat(
            spark
                .sql("SELECT embed('x', map('model', 'lake://" + file + "')) = embed('x')")
                .head()
                .getBoolean(0))
        .isTrue();
  }

  @Test
  void wrongHashIsRefusedWithBothValues(@TempDir Path dir) throws IOException {
    Path file = Files.writeString(dir.resolve("m.gguf"), "abc");
    String asked = "0".repeat(64);
    assertThatThrownBy(() -> path(file.toString(), Optional.of(asked)))
        .isInstanceOf(EmbarkException.class)
        .hasMessageContaining(asked)
        .hasMessageContaining("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  }

  @Test
  void anExecutorFetchesAModelBeforeItIsUsed(@TempDir Path dir) throws IOException {
    Path file = Files.writeString(dir.resolve("m.gguf"), "fetched by an executor");
    ModelDescriber.fetchToExecutor(spark, EmbedOptions.of(Map.of("model", file.toString())));
    assertThat(path(file.toString(), Optional.empty())).hasContent("fetched by an executor");

    Map<String, String> other = Map.of("model", file.toString(), "modelSha256", "0".repeat(64));
    assertThatThrownBy(() -> ModelDescriber.fetchToExecutor(spark, EmbedOptions.of(other)))
        .hasStackTraceContaining("but " + "0".repeat(64) + " was asked for");
  }

  @Test
  void missingModelIsNamed(@TempDir Path dir) {
    assertThatThrownBy(() -> path("classpath:no/such.gguf", Optional.empty()))
        .hasMessageContaining("classpath:no/such.gguf");
    assertThatThrownBy(() -> path("lake://" + dir + "/none.gguf", Optional.empty()))
        .hasMessageContaining("none.gguf");
    assertThatThrownBy(() -> path("nowhere:/m.gguf", Optional.empty()))
        .isInstanceOf(EmbarkException.class)
        .hasMessageContaining("nowhere");
    assertThatThrownBy(
            () ->
                spark
                    .sql("SELECT embed('x', map('model', '" + dir + "/none.gguf'))")
                    .collectAsList())
        .hasStackTraceContaining("none.gguf")
        .hasStackTraceContaining("there is no such model file");
  }

  @Test
  void invalidModelIsReportedByItsUri(@TempDir Path dir) throws IOException {
    Path file = Files.writeString(dir.resolve("m.gguf"), "no model");
    assertThatThrownBy(
            () -> spark.sql("SELECT embed('x', map('model', '" + file + "'))").collectAsList())
        .hasStackTraceContaining(file + " is not a GGUF model");
    assertThatThrownBy(
            () -> ModelDescriber.describe(EmbedOptions.of(Map.of("model", file.toString()))))
        .hasMessageContaining(file + " is not a GGUF model");
  }

  @Test
  void errorsNameTheModelAsTheUserDoes(@TempDir Path dir) throws IOException {
    Path file = Files.copy(path(DEFAULT_MODEL, Optional.empty()), dir.resolve("mine.gguf"));
    assertThatThrownBy(
            () -> spark.sql("SELECT generate('x', map('model', '" + file + "'))").collectAsList())
        .hasStackTraceContaining("The model " + file + " is an encoder");
  }

  @Test
  void embedsWithAModelFolderThatItsCallNames(@TempDir Path dir) throws IOException {
    Path folder = TinyFolder.bert(Files.createDirectory(dir.resolve("tiny"))).root();
    String call = "size(embed('the dog', map('model', '%s')))";
    assertThat(spark.sql("SELECT " + call.formatted(folder)).head().getInt(0))
        .isEqualTo(TinyFolder.WIDTH);
    assertThat(
            spark
                .sql(
                    "SELECT transform(array('cat'), t -> size(embed(t, map('model', '%s'))))[0]"
                        .formatted(folder))
                .head()
                .getInt(0))
        .isEqualTo(TinyFolder.WIDTH);
    assertThat(
            ModelDescriber.describe(EmbedOptions.of(Map.of("model", folder.toString()))).context())
        .isEqualTo(TinyFolder.LONGEST);

    Files.delete(folder.resolve("model.safetensors"));
    assertThatThrownBy(() -> spark.sql("SELECT " + call.formatted(folder)))
        .hasMessageContaining("cannot be imported: the folder has no model.safetensors");
  }

  @Test
  void executorsFetchAConvertedModelFromTheDriver(@TempDir Path dir) throws IOException {
    Path folder = TinyFolder.bert(Files.createDirectory(dir.resolve("tiny"))).root();
    FunctionOptions options =
        ModelAccess.NONE.pinned(
            EmbedOptions.of(Map.of("model", folder.toString())), ExecutorModels.store());
    String sha256 = options.modelSha256().orElseThrow();
    String url =
        DriverFile.serve(SparkEnv.get(), ModelAccess.NONE.open(options, ExecutorModels.store()));
    assertThat(
            DriverFile.serve(
                SparkEnv.get(), ModelAccess.NONE.open(options, ExecutorModels.store())))
        .isEqualTo(url);

    Files.delete(folder.resolve("config.json"));
    Path copy = dir.resolve("copy.gguf");
    new DriverFile(url, sha256).copyTo(copy);
    assertThat(Sha256.of(copy)).isEqualTo(sha256);
    try (StoredModel model = new ModelAccess(Map.of(), url).open(options, ExecutorModels.store())) {
      assertThat(model.sha256()).isEqualTo(sha256);
    }
  }

  @Test
  void otherPathsResolveToTheDefaultFileSystem(@TempDir Path dir) throws IOException {
    Files.writeString(dir.resolve("m.gguf"), "x");
    ModelAccess lake =
        new ModelAccess(
            Map.of(
                "fs.defaultFS", "attic:///",
                "fs.attic.impl", AtticFileSystem.class.getName(),
                "attic.root", dir.toString()));
    EmbedOptions options = EmbedOptions.of(Map.of("model", "/shelf/m.gguf"));
    try (StoredModel model = lake.open(options, ExecutorModels.store())) {
      assertThat(model.path()).hasContent("x");
    }
  }

  /** A file system that finds its files only with a setting made after the start. */
  public static final class AtticFileSystem extends RawLocalFileSystem {
    @Override
    public URI getUri() {
      return URI.create("attic:///");
    }

    @Override
    public File pathToFile(org.apache.hadoop.fs.Path path) {
      return new File(getConf().get("attic.root"), path.getName());
    }
  }

  @Test
  void hadoopSettingsOfASessionReachItsTasks(@TempDir Path dir) {
    Path file = path(DEFAULT_MODEL, Optional.empty());
    spark.conf().set("fs.attic.impl", AtticFileSystem.class.getName());
    spark.conf().set("attic.root", file.getParent().toString());
    String call = "embed(%s, map('model', 'attic:///" + file.getFileName() + "'))";
    for (String result :
        List.of(call.formatted("t"), "transform(array(t), x -> " + call.formatted("x") + ")[0]")) {
      assertThat(
              spark
                  .sql(
                      "SELECT %s = embed('x') FROM (SELECT substr('xy', 1, cast(id AS int)) AS t"
                              .formatted(result)
                          + " FROM range(1, 2, 1, 1))")
                  .head()
                  .getBoolean(0))
          .as(result)
          .isTrue();
    }
  }

  @Test
  void lambdaUsesTheModelThatTheDriverSees(@TempDir Path dir) throws IOException {
    Path file = Files.copy(path(DEFAULT_MODEL, Optional.empty()), dir.resolve("m.gguf"));
    LogicalPlan plan =
        spark
            .sql(
                "SELECT transform(ts, t -> embed(t, map('model', '"
                    + file
                    + "'))) FROM (SELECT array(string(id)) AS ts FROM range(3))")
            .queryExecution()
            .optimizedPlan();
    List<FunctionOptions> options = new ArrayList<>();
    plan.foreach(
        node -> {
          Scala.list(node.expressions())
              .forEach(
                  expression ->
                      expression.foreach(
                          e -> {
                            if (e instanceof RowByRowEvaluation each) {
                              options.add(each.options());
                            }
                            return null;
                          }));
          return null;
        });
    assertThat(options).hasSize(1);
    assertThat(options.get(0).modelSha256()).contains(Sha256.of(file));
  }

  @Test
  void shippedFileIsFoundByName() throws IOException {
    Path file = Files.writeString(shipped.resolve("shipped.gguf"), "y");
    spark.sparkContext().addFile(file.toString());
    assertThat(path("shipped.gguf", Optional.empty())).isNotEqualTo(file).hasContent("y");
  }

  @Test
  void tasksReceiveTheHashThatTheDriverSees(@TempDir Path dir) throws IOException {
    Path file = Files.writeString(dir.resolve("m.gguf"), "abc");
    EmbedOptions options = EmbedOptions.of(Map.of("model", file.toString()));
    FunctionOptions pinned = ModelAccess.NONE.pinned(options, ExecutorModels.store());
    assertThat(pinned.modelSha256()).contains(Sha256.of(file));
    Files.writeString(file, "another");
    assertThatThrownBy(() -> ModelAccess.NONE.open(pinned, ExecutorModels.store()))
        .hasMessageContaining(pinned.modelSha256().get())
        .hasMessageContaining(Sha256.of(file));
  }

  @Test
  void toStringHidesCredentials() {
    assertThat(new ModelAccess(Map.of("fs.s3a.secret.key", "s3cret")).toString())
        .contains("fs.s3a.secret.key")
        .doesNotContain("s3cret");
  }

  @Test
  void sessionCannotChangeApplicationSettings() {
    spark.conf().set("spark.embark.cacheSize", "1g");
    try {
      assertThatThrownBy(() -> spark.sql("SELECT embed('x')").collectAsList())
          .hasMessageContaining("spark.embark.cacheSize belongs to the application");
    } finally {
      spark.conf().unset("spark.embark.cacheSize");
    }
  }

  @Test
  void webModelsNeedPermissionOfTheApplicationOrItsOperator() {
    String url = "http://127.0.0.1:1/m.gguf";
    String call = "SELECT embed('x', map('model', '" + url + "'))";
    String sentence =
        url
            + " is on a server that its URL names; calls may name one only if Spark was started"
            + " with";
    assertThatThrownBy(() -> spark.sql(call))
        .isInstanceOf(AnalysisException.class)
        .hasMessageContaining(sentence)
        .hasMessageContaining("--conf spark.embark.allowHttp=true");
    assertThatThrownBy(
            () ->
                spark.sql(
                    "SELECT generate('x', map('model', '" + url.toUpperCase(Locale.ROOT) + "'))"))
        .hasMessageContaining("is on a server that its URL names");
    Map<String, String> lines = Map.of("model", url + System.lineSeparator() + "x");
    assertThatThrownBy(() -> Embark.embedColumn(spark.sql("SELECT 'x' t"), "t", "e", lines))
        .hasMessageContaining("is on a server that its URL names");
    assertThatThrownBy(
            () -> Embark.embedColumn(spark.sql("SELECT 'x' t"), "t", "e", Map.of("model", url)))
        .hasMessageContaining(sentence);
    for (String other :
        List.of(
            "webhdfs://h:1", "SWebHdfs://h:1", "ftp://h", "sftp://h", "har://webhdfs-h:1/x.har")) {
      assertThatThrownBy(() -> spark.sql("SELECT embed('x', map('model', '" + other + "/m.gguf'))"))
          .hasMessageContaining(other + "/m.gguf is on a server that its URL names");
    }
    for (String other : List.of("hdfs://h:1/m", "s3a://web/m", "har://hdfs-h:1/x.har/m")) {
      assertThatCode(() -> spark.sql("SELECT embed('x', map('model', '" + other + "'))"))
          .doesNotThrowAnyException();
    }
    assertThatThrownBy(() -> spark.sql("SELECT embed('x', map('model', '/http-models/m'))"))
        .hasMessageContaining("there is no such model file");
    for (String key : List.of("spark.embark.model", "spark.embark.allowHttp")) {
      spark.conf().set(key, key.endsWith("model") ? url : "true");
      try {
        assertThatThrownBy(() -> spark.sql("SELECT embed('x')"))
            .hasMessageContaining(
                key.endsWith("model") ? sentence : key + " belongs to the application");
      } finally {
        spark.conf().unset(key);
      }
    }
    SparkConf application = spark.sparkContext().env().conf();
    for (String key : List.of("spark.embark.model", "spark.embark.allowHttp")) {
      application.set(key, key.endsWith("model") ? url : "true");
      try {
        assertThatCode(() -> spark.sql(call)).doesNotThrowAnyException();
      } finally {
        application.remove(key);
      }
    }
    assertThatThrownBy(() -> spark.sql(call)).hasMessageContaining(sentence);
    CallIdentity.allowModel(url);
    assertThatCode(() -> spark.sql(call)).doesNotThrowAnyException();
  }

  @Test
  void invalidSettingsAreNamed() {
    SparkConf conf = new SparkConf(false).set("spark.embark.cacheSize", "much");
    assertThatThrownBy(() -> ExecutorSettings.of(conf, Map.of()))
        .hasMessage("spark.embark.cacheSize cannot be 'much'; it takes size.");
  }

  private static Path path(String uri, Optional<String> sha256) {
    Map<String, String> options = new HashMap<>(Map.of("model", uri));
    sha256.ifPresent(hash -> options.put("modelSha256", hash));
    try (StoredModel model =
        ModelAccess.NONE.open(EmbedOptions.of(options), ExecutorModels.store())) {
      return model.path();
    }
  }
}
