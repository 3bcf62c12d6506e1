package dev.embark.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process opens llama.cpp once, so what goes wrong there is tried in processes of its own. */
class LlamaBackendTest {

  @TempDir Path dir;

  /** Opens llama.cpp twice and tells on standard output how that went. */
  static final class Probe {
    private Probe() {}

    public static void main(String[] args) {
      for (int i = 0; i < 2; i++) {
        try {
          System.out.println("opened " + LlamaBackend.start());
        } catch (EmbeddingException e) {
          System.out.println(e.kind() + " " + e.getMessage());
        }
      }
    }
  }

  @Test
  void thePackedLibrariesHaveTheCpuAsADevice() {
    assertThat(LlamaBackend.start()).isDirectory().isEqualTo(LlamaBackend.start());
    assertThat(LlamaBackend.devices())
        .anySatisfy(
            device -> {
              assertThat(device.name()).isEqualTo("CPU");
              assertThat(device.gpu()).isFalse();
              assertThat(device.description()).isNotBlank();
            });
  }

  @Test
  void aHomeWithTheSameVersionIsOpened() throws Exception {
    Path lib = Files.createDirectory(dir.resolve("lib"));
    try (Stream<Path> libraries = Files.list(LlamaBackend.start())) {
      for (Path library : libraries.filter(Files::isRegularFile).toList()) {
        Files.copy(library, lib.resolve(library.getFileName()));
      }
    }

    assertThat(probe(dir)).containsExactly("opened " + lib, "opened " + lib);
  }

  @Test
  void aHomeWithAnotherVersionIsRefusedEachTime() throws Exception {
    compile("libggml-base.so", "");
    compile("libggml.so", "");
    compile("libllama.so", "extern \"C\" const char * llama_version() { return \"0.4.9\"; }");
    String refused =
        "BACKEND " + dir + " holds llama.cpp 0.4.9, and this build of Embark needs 0.5.0.";

    assertThat(probe(dir)).containsExactly(refused, refused);
  }

  @Test
  void aHomeTooOldToTellItsVersionIsRefused() throws Exception {
    compile("libggml-base.so", "");
    compile("libggml.so", "");
    compile("libllama.so", "");

    assertThat(probe(dir).get(0))
        .isEqualTo(
            "BACKEND %s holds llama.cpp of an unknown version, and this build of Embark needs 0.5.0.",
            dir);
  }

  @Test
  void aHomeWhoseFilesAreNoLibrariesIsRefused() throws Exception {
    for (String name : List.of("libggml-base.so", "libggml.so", "libllama.so")) {
      Files.writeString(dir.resolve(name), "not a library");
    }

    assertThat(probe(dir).get(0))
        .startsWith("BACKEND The libraries in " + dir + " could not be opened: ")
        .contains("libggml-base.so");
  }

  private void compile(String library, String source) throws Exception {
    Path cpp = Files.writeString(dir.resolve(library + ".cpp"), source);
    String output = dir.resolve(library).toString();
    List<String> lines =
        run(new ProcessBuilder("g++", "-shared", "-fPIC", "-o", output, cpp.toString()));
    assertThat(lines).isEmpty();
  }

  private static List<String> probe(Path home) throws Exception {
    ProcessBuilder java =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=off",
            Probe.class.getName());
    java.environment().put(NativeLibraries.HOME_VARIABLE, home.toString());
    return run(java);
  }

  /** Lines of its output; its errors are kept apart. */
  private static List<String> run(ProcessBuilder command) throws IOException, InterruptedException {
    Path output = Files.createTempFile("embark", ".out");
    Path errors = Files.createTempFile("embark", ".err");
    try {
      Process process =
          command.redirectOutput(output.toFile()).redirectError(errors.toFile()).start();
      try {
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      } finally {
        process.destroyForcibly();
      }
      assertThat(process.exitValue()).as(Files.readString(errors)).isZero();
      return new ArrayList<>(Files.readAllLines(output));
    } finally {
      Files.delete(output);
      Files.delete(errors);
    }
  }
}
