package dev.embark.job.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.job.Captured;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class JobSpecTest {
  private final Captured captured = new Captured(false);

  @Command(name = "test")
  private static final class Holder implements Runnable {
    @Mixin private JobSpec spec;

    @Override
    public void run() {
      spec.check();
    }
  }

  private static JobSpec parse(String... arguments) {
    Holder holder = new Holder();
    new CommandLine(holder).setCaseInsensitiveEnumValuesAllowed(true).parseArgs(arguments);
    return holder.spec;
  }

  private int execute(String... arguments) {
    return Cli.of(new Holder(), captured.terminal()).execute(arguments);
  }

  @Test
  void nothingIsSetUnlessGiven() {
    JobSpec spec = parse("--input", "in.json", "--output", "out");

    assertThat(spec.inputSpec().format()).isEmpty();
    assertThat(spec.textColumn()).isEmpty();
    assertThat(spec.idColumn()).isEmpty();
    assertThat(spec.functionOptions()).isEmpty();
    assertThat(spec.inputSpec().options()).isEmpty();
    assertThat(spec.outputSpec().saveMode()).isEqualTo(ExistingOutput.ERRORIFEXISTS);
    assertThat(spec.progress()).isEqualTo(ProgressMode.AUTO);
    assertThat(spec.dryRun()).isFalse();
  }

  @Test
  void flagsBecomeOptionsInTheSpellingOfSql() {
    JobSpec spec =
        parse(
            "--input=i",
            "--output=o",
            "--max-tokens=64",
            "--long-text=truncate",
            "--prefix=query: ",
            "--dimensions=128",
            "--normalize=none",
            "--mode=FAILFAST",
            "--option=batchTokens=512");

    assertThat(spec.functionOptions())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "maxTokens", "64",
                "longText", "truncate",
                "prefix", "query: ",
                "dimensions", "128",
                "normalize", "none",
                "mode", "FAILFAST",
                "batchTokens", "512"));
  }

  @Test
  void explodedChunksArePassedOn() {
    JobSpec spec = parse("--input=i", "--output=o", "--explode-chunks", "--option=chunkTokens=64");

    JobSpec again = parse(spec.toArguments().toArray(String[]::new));

    assertThat(again.explodesChunks()).isTrue();
    assertThat(again.functionOptions()).isEqualTo(Map.of("chunkTokens", "64"));
    assertThat(parse("--input=i", "--output=o").explodesChunks()).isFalse();
  }

  @Test
  void argumentsPassedOnMakeAnEqualSpec() {
    JobSpec spec =
        parse(
            "--input=a b/*.csv",
            "--input-format=csv",
            "--input-option=sep=;",
            "--text-column=my text",
            "--id-column=-id",
            "--output=-out",
            "--save-mode=Overwrite",
            "--prefix=-- \"quoted\" = ",
            "--max-tokens=7",
            "--output-format=delta",
            "--output-option=compression=zstd",
            "--partition-by=lang,my year",
            "--repartition=3",
            "--embedding-column=e5",
            "--new-fingerprint=add-column",
            "--accept-vector-version",
            "--rows-per-wave=1000",
            "--max-failed=0.5%",
            "--dedupe",
            "--retry-quarantined",
            "--quarantine-text",
            "--dry-run",
            "--progress=json",
            "--quiet",
            "--verbose");

    JobSpec again = parse(spec.toArguments().toArray(String[]::new));

    assertThat(again)
        .usingRecursiveComparison()
        .ignoringFields("command", "function")
        .isEqualTo(spec);
    assertThat(again.function()).isEqualTo(spec.function());
    assertThat(again.functionOptions()).isEqualTo(spec.functionOptions()).hasSize(2);
    assertThat(again.idColumn()).contains("-id");
  }

  @Test
  void taskIsTheFormerNameOfFunction() {
    assertThat(parse("--input=i", "--output=o").function()).isEqualTo(JobFunction.EMBED);
    assertThat(parse("--input=i", "--output=o", "--task=generate").function())
        .isEqualTo(parse("--input=i", "--output=o", "--function=generate").function())
        .isEqualTo(JobFunction.GENERATE);
    assertThatThrownBy(
            () ->
                parse("--input=i", "--output=o", "--task=generate", "--function=generate").check())
        .hasMessageContaining("give --function alone");
  }

  @Test
  void anEmptyPrefixIsPassedOn() {
    JobSpec spec = parse("--input=i", "--output=o", "--prefix=");

    assertThat(parse(spec.toArguments().toArray(String[]::new)).functionOptions())
        .containsExactly(Map.entry("prefix", ""));
  }

  @Test
  void aRelativeModelFileBecomesAbsoluteBecauseExecutorsRunElsewhere() throws Exception {
    Path model = Files.createTempFile(Path.of("target"), "model", ".gguf");

    assertThat(parse("--input=i", "--output=o", "--model=" + model).functionOptions().get("model"))
        .isEqualTo(model.toAbsolutePath().toString());
  }

  @Test
  void aModelUriStaysAsWritten() {
    assertThat(parse("--input=i", "--output=o", "--model=s3a://b/m.gguf").functionOptions())
        .containsEntry("model", "s3a://b/m.gguf");
  }

  @Test
  void aMissingInputIsBadUsage() {
    assertThat(execute("--output=o")).isEqualTo(2);
    assertThat(captured.err()).contains("--input").contains("See test --help");
  }

  @Test
  void aMisspeltFlagIsNamedWithTheNearest() {
    assertThat(execute("--inptu=i", "--output=o")).isEqualTo(2);
    assertThat(captured.err()).contains("'--inptu=i'").contains("--input");
  }

  @Test
  void aMisspeltOptionIsNamedWithTheNearest() {
    assertThat(execute("--input=i", "--output=o", "--option=maxTokns=3")).isEqualTo(2);
    assertThat(captured.err()).contains("maxTokns").contains("did you mean 'maxTokens'");
  }

  @Test
  void aValueThatTheOptionDoesNotTakeIsBadUsage() {
    assertThat(execute("--input=i", "--output=o", "--max-tokens=0")).isEqualTo(2);
    assertThat(captured.err()).contains("--max-tokens takes 1 or more");
    assertThat(execute("--input=i", "--output=o", "--option=maxTokens=0")).isEqualTo(2);
    assertThat(captured.err()).contains("maxTokens");
  }

  @Test
  void anOptionGivenInBothWaysIsBadUsage() {
    assertThat(execute("--input=i", "--output=o", "--model=a", "--option=MODEL=b")).isEqualTo(2);
    assertThat(captured.err()).contains("given twice");
  }

  @Test
  void anUnknownSaveModeNamesThoseThereAre() {
    assertThat(execute("--input=i", "--output=o", "--save-mode=replace")).isEqualTo(2);
    assertThat(captured.err()).contains("replace").containsIgnoringCase("overwrite");
  }

  @Test
  void quietIsNoProgress() {
    assertThat(parse("--input=i", "--output=o", "--progress=Json").progress())
        .isEqualTo(ProgressMode.JSON);
    assertThat(parse("--input=i", "--output=o", "--progress=json", "--quiet").progress())
        .isEqualTo(ProgressMode.NONE);
  }

  @Test
  void aQueryTakesThePlaceOfAnInput() {
    assertThat(execute("--query=SELECT 'a' AS text", "--output=o")).isZero();
    assertThat(execute("--query=SELECT 'a' AS text", "--input=i", "--output=o")).isEqualTo(2);
    assertThat(captured.err()).contains("--input and --query are both given");
  }

  @Test
  void aLimitOfFailuresIsANumberOrAPercentage() {
    assertThat(execute("--input=i", "--output=o", "--max-failed=5")).isZero();
    assertThat(execute("--input=i", "--output=o", "--max-failed=0.5%")).isZero();
    for (String wrong : new String[] {"many", "-1", "101%", "1.5", "%", ""}) {
      assertThat(execute("--input=i", "--output=o", "--max-failed=" + wrong))
          .as(wrong)
          .isEqualTo(2);
    }
  }

  @Test
  void filesCannotGetAnotherColumn() {
    assertThat(execute("--input=i", "--output=o", "--id-column=id", "--new-fingerprint=add-column"))
        .isEqualTo(2);
    assertThat(captured.err()).contains("delta or iceberg");
  }

  @Test
  void icebergWritesTablesOnly() {
    assertThat(execute("--input=i", "--output=a/path", "--output-format=iceberg")).isEqualTo(2);
    assertThat(captured.err()).contains("name of a table");
  }

  @Test
  void aGoodCommandLineSucceeds() {
    assertThat(execute("--input=i", "--output=o", "--max-tokens=64")).isZero();
    assertThat(captured.err()).isEmpty();
  }
}
