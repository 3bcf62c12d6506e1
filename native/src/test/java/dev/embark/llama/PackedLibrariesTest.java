package dev.embark.llama;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PackedLibrariesTest {
  @Test
  void thisProcessRunsTheBindingOfThisBuildAndNoOther() throws IOException {
    LlamaBackend.start();
    try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
      assertThat(
              maps.filter(line -> line.endsWith("libjniEmbarkLlama.so"))
                  .map(line -> line.replaceFirst("^[^/]*", ""))
                  .distinct())
          .containsExactly(
              PackedLibraries.directory().resolve("libjniEmbarkLlama.so").toRealPath().toString());
    }
  }

  @Test
  void aSecondLookFindsTheFilesThatTheFirstOneCopied() throws IOException {
    Path directory = PackedLibraries.directory();
    Path library = directory.resolve("libjniEmbarkLlama.so");
    Object file = Files.getAttribute(library, "unix:ino");
    assertThat(PackedLibraries.directory()).isEqualTo(directory);
    assertThat(Files.getAttribute(library, "unix:ino")).isEqualTo(file);
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files).noneMatch(path -> path.toString().endsWith(".part"));
    }
  }
}
