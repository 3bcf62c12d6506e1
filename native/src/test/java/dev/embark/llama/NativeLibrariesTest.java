package dev.embark.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullAndEmptySource;
import org.junit.jupiter.params.provider.ValueSource;

class NativeLibrariesTest {

  @TempDir Path dir;

  @ParameterizedTest
  @NullAndEmptySource
  void withoutAHomeThePackedLibrariesAreUnpacked(String home) throws IOException {
    Path directory = NativeLibraries.directory(home);

    List<Path> inOrder = NativeLibraries.inLoadOrder(directory);
    assertThat(inOrder)
        .extracting(path -> path.getFileName().toString())
        .containsExactly("libggml-base.so", "libggml.v0.5.0.so", "libllama.v0.5.0.so");
    for (Path library : inOrder) {
      assertThat(Files.size(library)).isGreaterThan(10_000);
    }
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files.map(path -> path.getFileName().toString()))
          .anyMatch(name -> name.startsWith("libggml-cpu"));
    }
  }

  @Test
  void anEmptyHomeIsAnErrorThatNamesTheVariableAndTheDirectory() {
    assertThatThrownBy(() -> NativeLibraries.directory(dir.toString()))
        .isInstanceOfSatisfying(
            EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.BACKEND))
        .hasMessage(
            "EMBARK_LLAMA_HOME is %s, but there is no libllama in it, its lib/ or its bin/.", dir);
  }

  @Test
  void aHomeThatIsNotThereIsAnError() {
    Path missing = dir.resolve("missing");

    assertThatThrownBy(() -> NativeLibraries.directory(missing.toString()))
        .isInstanceOf(EmbarkException.class)
        .hasMessageContaining(missing.toString())
        .hasMessageContaining("EMBARK_LLAMA_HOME");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "lib", "bin"})
  void librariesAreFoundInTheHomeItsLibAndItsBin(String sub) throws IOException {
    Path libraries = Files.createDirectories(dir.resolve(sub));
    touch(libraries, "libllama.so");

    assertThat(NativeLibraries.directory(dir.toString())).isEqualTo(libraries);
  }

  @Test
  void aSubdirectoryWithoutLibllamaIsPassedOver() throws IOException {
    touch(Files.createDirectory(dir.resolve("lib")), "libllama-common.so", "libggml.so");
    Path bin = Files.createDirectory(dir.resolve("bin"));
    touch(bin, "libllama.so");

    assertThat(NativeLibraries.directory(dir.toString())).isEqualTo(bin);
  }

  @ParameterizedTest
  @CsvSource({
    "libggml-base.so, libggml.so, libllama.so",
    "libggml-base.so.0.5.0, libggml.so.0.5.0, libllama.so.0.5.0",
    "libggml-base.so, libggml.v0.5.0.so, libllama.v0.5.0.so",
    "libggml-base.so, libggml.cuda.v0.5.0.so, libllama.cuda.v0.5.0.so",
  })
  void librariesAreOpenedAfterThoseTheyNeed(String base, String ggml, String llama)
      throws IOException {
    touch(dir, llama, "libllama-common.so", "libggml-cpu-haswell.so", "libggml-cuda.so", ggml);
    touch(dir, base, "libmtmd.so", "llama.cpp.libraries", "libllama.a");

    assertThat(NativeLibraries.inLoadOrder(dir))
        .containsExactly(dir.resolve(base), dir.resolve(ggml), dir.resolve(llama));
  }

  @Test
  void theShortestOfSeveralNamesOfALibraryIsOpened() throws IOException {
    for (String name : List.of("libggml-base", "libggml", "libllama")) {
      touch(dir, name + ".so.0", name + ".so", name + ".so.0.5.0");
    }

    assertThat(NativeLibraries.inLoadOrder(dir))
        .extracting(path -> path.getFileName().toString())
        .containsExactly("libggml-base.so", "libggml.so", "libllama.so");
  }

  @ParameterizedTest
  @ValueSource(strings = {"libggml-base.so", "libggml.so", "libllama.so"})
  void aLibraryThatIsMissingIsNamed(String missing) throws IOException {
    for (String name : List.of("libggml-base.so", "libggml.so", "libllama.so")) {
      if (!name.equals(missing)) {
        touch(dir, name);
      }
    }

    assertThatThrownBy(() -> NativeLibraries.inLoadOrder(dir))
        .isInstanceOfSatisfying(
            EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.BACKEND))
        .hasMessageStartingWith("No " + missing + " in " + dir + ";");
  }

  @ParameterizedTest
  @CsvSource({
    "/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.34' not found (required by /x/libllama.so),"
        + " GLIBC_2.34",
    "/usr/lib64/libstdc++.so.6: version `GLIBCXX_3.4.29' not found (required by /x/libggml.so),"
        + " GLIBCXX_3.4.29",
    "libstdc++.so.6: version `CXXABI_1.3.13' not found (required by libllama.so), CXXABI_1.3.13",
  })
  void anOldCLibraryIsExplained(String complaint, String version) {
    UnsatisfiedLinkError error = new UnsatisfiedLinkError(complaint);

    EmbarkException explained = NativeLibraries.explain(dir, error);

    assertThat(explained.kind()).isEqualTo(Kind.BACKEND);
    assertThat(explained)
        .hasMessageStartingWith("llama.cpp needs " + version + " ")
        .hasMessageContaining("Ubuntu 22.04")
        .hasMessageContaining("EMBARK_LLAMA_HOME")
        .hasCause(error);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "libcudart.so.13: cannot open shared object file: No such file or directory",
        "/x/libllama.so: undefined symbol: ggml_new, version GLIBC_2.34",
      })
  void otherErrorsOfTheLinkerArePassedOn(String complaint) {
    EmbarkException explained = NativeLibraries.explain(dir, new UnsatisfiedLinkError(complaint));

    assertThat(explained.kind()).isEqualTo(Kind.BACKEND);
    assertThat(explained).hasMessage("The libraries in %s could not be opened: %s", dir, complaint);
  }

  private static void touch(Path directory, String... names) throws IOException {
    for (String name : names) {
      Files.createFile(directory.resolve(name));
    }
  }
}
