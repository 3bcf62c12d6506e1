package dev.embark.submit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The Spark of pip, which has YARN, in a virtual environment in the build folder; {@code
 * -Dembark.test.python=PATH} names a Python that has it.
 */
final class PySpark {
  private static final String PACKAGES = "pyspark==4.1.4";

  private final Path python;

  PySpark() throws IOException, InterruptedException {
    String given = System.getProperty("embark.test.python", "");
    python = given.isEmpty() ? install() : Path.of(given);
  }

  private static Path install() throws IOException, InterruptedException {
    Path environment = Embark.jar().resolveSibling("venv-yarn").toAbsolutePath();
    Path python = environment.resolve("bin/python");
    Path installed = environment.resolve("packages");
    if (!Files.exists(installed) || !Files.readString(installed).equals(PACKAGES)) {
      run("python3", "-m", "venv", environment.toString());
      run(python.toString(), "-m", "pip", "install", "-q", "--disable-pip-version-check", PACKAGES);
      Files.writeString(installed, PACKAGES);
    }
    return python;
  }

  private static String run(String... words) throws IOException, InterruptedException {
    Embark.Result result = Embark.start(Path.of("").toAbsolutePath(), List.of(words), Map.of());
    assertThat(result.exitCode()).as(result.err()).isZero();
    return result.out().strip();
  }

  /** Returns the folder with {@code spark-submit}. */
  Path programs() {
    return python.getParent();
  }

  /** Returns the folder of Spark's jars. */
  Path jars() throws IOException, InterruptedException {
    String script = "import pyspark; print(pyspark.__path__[0])";
    return Path.of(run(python.toString(), "-c", script)).resolve("jars");
  }
}
