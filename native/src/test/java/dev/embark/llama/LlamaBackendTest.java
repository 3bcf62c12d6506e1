package dev.embark.llama;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.engine.ChildJvm;
import dev.embark.engine.rows.EmbarkException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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
        } catch (EmbarkException e) {
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
    Process compiler =
        new ProcessBuilder("g++", "-shared", "-fPIC", "-o", output, cpp.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(compiler.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(compiler.waitFor()).as(said).isZero();
  }

  private static List<String> probe(Path home) throws Exception {
    return new ChildJvm(
            Probe.class, Map.of(NativeLibraries.HOME_VARIABLE, home.toString()), List.of())
        .run()
        .outOfSuccess();
  }
}
