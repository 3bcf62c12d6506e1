package dev.embark.submit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The Spark of pip, which has YARN and Kubernetes, and Kubernetes' schemas, in a virtual
 * environment in the build folder; {@code -Dembark.test.python=PATH} names a Python that has them.
 */
final class PySpark {
  private static final List<String> PACKAGES =
      List.of("pyspark==4.1.4", "kubernetes-validate==1.37.0");

  private final Path python;

  PySpark() throws IOException, InterruptedException {
    String given = System.getProperty("embark.test.python", "");
    python = given.isEmpty() ? install() : Path.of(given);
  }

  private static Path install() throws IOException, InterruptedException {
    Path environment = Embark.jar().resolveSibling("venv-managers").toAbsolutePath();
    Path python = environment.resolve("bin/python");
    Path installed = environment.resolve("packages");
    if (!Files.exists(installed) || !Files.readString(installed).equals(PACKAGES.toString())) {
      run(List.of("python3", "-m", "venv", environment.toString()));
      List<String> pip =
          new ArrayList<>(
              List.of(
                  python.toString(), "-m", "pip", "install", "-q", "--disable-pip-version-check"));
      pip.addAll(PACKAGES);
      run(pip);
      Files.writeString(installed, PACKAGES.toString());
    }
    return python;
  }

  private static String run(List<String> words) throws IOException, InterruptedException {
    Embark.Result result = Embark.start(Path.of("").toAbsolutePath(), words, Map.of());
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
    return Path.of(run(List.of(python.toString(), "-c", script))).resolve("jars");
  }

  /** Checks that a file is a resource of Kubernetes' API and has no field that the API lacks. */
  void validate(Path resource) throws IOException, InterruptedException {
    run(
        List.of(
            programs().resolve("kubernetes-validate").toString(),
            "--strict",
            "--no-warn",
            "--quiet",
            resource.toString()));
  }
}
