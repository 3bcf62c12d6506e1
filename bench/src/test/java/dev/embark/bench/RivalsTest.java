package dev.embark.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RivalsTest {

  @TempDir Path folder;
  private Path log;
  private Rivals rivals;

  @BeforeEach
  void find() {
    log = folder.resolve("rivals.log");
    rivals = new Rivals(folder, log);
  }

  @Test
  void theClassPathOfARivalHasClassesBeforeLibraries() throws IOException {
    Path target = Files.createDirectories(folder.resolve("fast/target"));
    Files.writeString(target.resolve("classpath"), "/a.jar:/b.jar\n");

    assertThat(rivals.missing("fast")).isEmpty();
    assertThat(rivals.classPath("fast")).isEqualTo(target.resolve("classes") + ":/a.jar:/b.jar");
  }

  @Test
  void aRivalThatWasNotBuiltIsMissingForTheReasonThatMavenGave() throws IOException {
    Files.writeString(
        log,
        """
        [ERROR] Failed to execute goal on project embark-rival-other: Something else -> [Help 1]
        [ERROR] Failed to execute goal on project embark-rival-fast: Could not find artifact a:b:1 -> [Help 1]
        [ERROR] Failed to execute goal x:compile (default) on project embark-rival-broken: Compilation failure
        """);

    assertThat(rivals.missing("fast"))
        .contains("it could not be built: Could not find artifact a:b:1");
    assertThat(rivals.missing("broken")).contains("it could not be built: Compilation failure");
  }

  @Test
  void aRivalThatNobodyTriedToBuildIsMissingToo() throws IOException {
    assertThat(rivals.missing("fast")).contains("it could not be built");
  }
}
