package dev.embark.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.job.JobFacts;
import dev.embark.submit.CommandFacts;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Does what the commands of the guide to the batch job do, in their order and in one session. Those
 * that bring jars of others are held to the versions that the job is tested with.
 */
@Tag("guides")
class JobGuideTest {
  private static final String COMMAND = "submit/embark run ";
  private static final Map<String, String> OUTPUTS = new LinkedHashMap<>();

  @TempDir private static Path folder;
  private static SparkSession spark;

  private static List<String> commands() {
    return Markdown.of("docs/job.md").blocks("sh").stream().flatMap(String::lines).toList();
  }

  @BeforeAll
  static void runTheCommands() {
    spark = LocalSpark.start();
    for (String command : commands()) {
      if (!command.contains("--packages")) {
        OUTPUTS.put(command, JobFacts.run(spark, words(command)));
      }
    }
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  /** The arguments of a command, with paths that are good in any working folder. */
  private static String[] words(String command) {
    assertThat(command).startsWith(COMMAND);
    List<String> words = new ArrayList<>();
    String option = "";
    for (String word : command.substring(COMMAND.length()).split(" ")) {
      words.add(
          switch (option) {
            case "--input" -> Markdown.ROOT.resolve(word).toString();
            case "--output" -> folder.resolve(word).toString();
            default -> word;
          });
      option = word;
    }
    return words.toArray(String[]::new);
  }

  private static String outputOf(String... parts) {
    return OUTPUTS.entrySet().stream()
        .filter(output -> List.of(parts).stream().allMatch(output.getKey()::contains))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aDryRunComesFirstAndLeavesTheOutputToTheRun() {
    assertThat(outputOf("--dry-run")).contains("rows\t200", "tokens, about\t");
    assertThat(outputOf("--rows-per-wave 100")).contains("rows\t200");
  }

  @Test
  void theSecondRunSkipsExistingRows() {
    assertThat(outputOf("vectors", "append")).contains("rows\t0", "rows already there\t200");
    assertThat(outputOf("--incremental")).contains("compared\tchanged files", "rows compared\t0");
  }

  @Test
  void rowsThatFailedAreEmbeddedWhenTriedAgain() {
    long failed = figure(outputOf("strict", "error"), "rows failed");

    assertThat(failed).isBetween(1L, 180L);
    assertThat(figure(outputOf("strict", "chunk"), "rows")).isEqualTo(failed);
    assertThat(outputOf("strict", "chunk")).doesNotContain("rows failed");
  }

  private static long figure(String output, String name) {
    return output
        .lines()
        .filter(line -> line.startsWith(name + "\t"))
        .mapToLong(line -> Long.parseLong(line.substring(line.indexOf('\t') + 1)))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void tablesAreWrittenWithTheVersionsThatAreTested() {
    String pom = Markdown.of("pom.xml").text();
    List<String> commands = commands().stream().filter(c -> c.contains("--packages")).toList();

    assertThat(commands).hasSize(2);
    for (String command : commands) {
      CommandFacts.command().parseArgs(command.substring("submit/embark ".length()).split(" "));
      String version = command.replaceFirst(".*--packages \\S+:(\\S+).*", "$1");
      assertThat(pom).containsPattern("<(delta|iceberg).version>" + version + "<");
    }
  }
}
