package dev.embark.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.spark.metrics.ApplicationProgress;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code Embark.install} in a separate JVM without the service file on the class path. */
public class InstallTest {
  private static final String SERVICE =
      "META-INF/services/org.apache.spark.sql.SparkSessionExtensionsProvider";

  @Test
  void installsFunctionsInOneSessionAndEmbedsEachRowOnce(@TempDir Path temp) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("--add-") || argument.startsWith("-D"))
        .filter(argument -> !argument.startsWith("-Dbasedir"))
        .forEach(command::add);
    command.addAll(List.of("-cp", classPathWithoutService(temp), Session.class.getName()));
    Path out = temp.resolve("out");
    Process process =
        new ProcessBuilder(command)
            .redirectError(temp.resolve("err").toFile())
            .redirectOutput(out.toFile())
            .start();
    assertThat(process.waitFor()).as(() -> read(temp.resolve("err"))).isZero();
    assertThat(Files.readAllLines(out))
        .contains(
            "before false",
            "column 384",
            "after 384",
            "embedded 20",
            "nearest 0",
            "new session false",
            "new session after 384");
  }

  /** The main class of the separate JVM. */
  static final class Session {
    private Session() {}

    public static void main(String[] args) {
      SparkSession spark =
          SparkSession.builder()
              .master("local[2]")
              .config("spark.ui.enabled", "false")
              .getOrCreate();
      System.out.println("before " + spark.catalog().functionExists("embed"));
      System.out.println(
          "column "
              + Embark.embedColumn(spark.range(1).selectExpr("'x' AS t"), "t", "e", Map.of())
                  .head()
                  .getList(1)
                  .size());
      Embark.install(spark);
      Embark.install(spark);
      System.out.println("after " + spark.sql("SELECT size(embed('x'))").head().getInt(0));
      long before = ApplicationProgress.of(spark).ended().rows();
      spark
          .sql("SELECT id, embed(concat('text ', id)) FROM range(0, 20, 1, 2) ORDER BY id")
          .collectAsList();
      System.out.println("embedded " + (ApplicationProgress.of(spark).ended().rows() - before));
      System.out.println(
          "nearest "
              + spark
                  .sql(
                      "SELECT document.id FROM nearest(TABLE(SELECT embed('x') AS embedding),"
                          + " TABLE(SELECT id, embed('x') AS embedding FROM range(1)), 1)")
                  .head()
                  .getLong(0));
      SparkSession other = spark.newSession();
      System.out.println("new session " + other.catalog().functionExists("embed"));
      Embark.install(other);
      System.out.println(
          "new session after " + other.sql("SELECT size(embed('x'))").head().getInt(0));
      spark.stop();
    }
  }

  private static String classPathWithoutService(Path temp) {
    return Arrays.stream(testClassPath().split(File.pathSeparator))
        .map(entry -> withoutService(Path.of(entry), temp))
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static String testClassPath() {
    // Surefire passes a jar that refers to the class path; this property has the actual list.
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  private static String withoutService(Path entry, Path temp) {
    try {
      if (Files.isRegularFile(entry) && entry.toString().endsWith(".jar")) {
        return withoutServiceInJar(entry, temp);
      }
      if (!Files.exists(entry.resolve(SERVICE))) {
        return entry.toString();
      }
      Path copy = temp.resolve("classes");
      try (Stream<Path> files = Files.walk(entry)) {
        for (Path file : (Iterable<Path>) files::iterator) {
          if (!file.endsWith(SERVICE)) {
            Files.copy(file, copy.resolve(entry.relativize(file).toString()));
          }
        }
      }
      return copy.toString();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static String withoutServiceInJar(Path jar, Path temp) throws IOException {
    if (!jar.getFileName().toString().startsWith("embark-udf")) {
      return jar.toString();
    }
    Path copy =
        Files.copy(jar, temp.resolve(jar.getFileName()), StandardCopyOption.REPLACE_EXISTING);
    try (FileSystem zip = FileSystems.newFileSystem(URI.create("jar:" + copy.toUri()), Map.of())) {
      Files.delete(zip.getPath(SERVICE));
    }
    return copy.toString();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
