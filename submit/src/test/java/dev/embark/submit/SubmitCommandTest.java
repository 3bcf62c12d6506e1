package dev.embark.submit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class SubmitCommandTest {
  @Command
  private static final class Holder {
    @Mixin private SparkOptions options;
  }

  private static List<String> words(String... arguments) {
    Holder holder = new Holder();
    new CommandLine(holder).parseArgs(arguments);
    return holder.options.toWords(Path.of("conf/ivysettings.xml"));
  }

  @Test
  void theApplicationFollowsTheOptionsOfSparkAndItsArgumentsCloseTheLine() {
    SubmitCommand command =
        new SubmitCommand(
            Path.of("/my spark/bin/spark-submit"),
            List.of("--master", "yarn"),
            "a.Main",
            Path.of("/x/one.jar"),
            List.of("--input=a b", "--"));

    assertThat(command.words())
        .containsExactly(
            "/my spark/bin/spark-submit",
            "--master",
            "yarn",
            "--class",
            "a.Main",
            "/x/one.jar",
            "--input=a b",
            "--");
  }

  @Test
  void withoutOptionsSparkRunsOnAllCoresOfThisMachine() {
    assertThat(words())
        .containsExactly("--master", "local[*]", "--conf", "spark.executor.heartbeatInterval=1s");
  }

  @Test
  void everyOptionIsPassedOnInSparksSpelling() {
    assertThat(
            words(
                "--master=spark://h:7077",
                "--deploy-mode=client",
                "--driver-memory=2g",
                "--executor-memory=3g",
                "--executor-cores=4",
                "--num-executors=5",
                "--jars=a.jar,b.jar",
                "--packages=g:a:1",
                "--conf=spark.a=1=2",
                "--conf=spark.embark.prefix=query: "))
        .containsExactly(
            "--master",
            "spark://h:7077",
            "--deploy-mode",
            "client",
            "--driver-memory",
            "2g",
            "--executor-memory",
            "3g",
            "--executor-cores",
            "4",
            "--num-executors",
            "5",
            "--jars",
            "a.jar,b.jar",
            "--packages",
            "g:a:1",
            "--conf",
            "spark.a=1=2",
            "--conf",
            "spark.embark.prefix=query: ",
            "--conf",
            "spark.jars.ivySettings=conf/ivysettings.xml");
  }

  @Test
  void packagesAreFoundByTheUsersOwnSettingsAndByNoneOnAnotherMachine() {
    assertThat(words("--master=yarn", "--packages=g:a:1", "--conf=spark.jars.ivySettings=/own.xml"))
        .endsWith("--conf", "spark.jars.ivySettings=/own.xml")
        .doesNotContain("spark.jars.ivySettings=conf/ivysettings.xml");
    assertThat(words("--master=yarn", "--deploy-mode=cluster", "--packages=g:a:1"))
        .doesNotContain("--conf");
  }

  @Test
  void aHeartbeatOfTheUsersOwnStays() {
    assertThat(words("--master=local[2]", "--conf=spark.executor.heartbeatInterval=7s"))
        .containsExactly("--master", "local[2]", "--conf", "spark.executor.heartbeatInterval=7s");
  }
}
