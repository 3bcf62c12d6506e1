package dev.embark.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.job.cli.Cli;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code embark model import} answers; ModelFolderTest has the conversion. */
class ModelImporterTest {
  private final Captured captured = new Captured(false);

  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void name() {
    file = folder.resolve("out.gguf");
  }

  private int convert(String... arguments) {
    return Cli.of(new ModelImporter(captured.terminal()), captured.terminal()).execute(arguments);
  }

  private void assertSentence(String... parts) {
    assertThat(captured.out()).isEmpty();
    assertThat(captured.err().lines()).singleElement().asString().contains(parts);
    assertThat(file).doesNotExist();
  }

  @Test
  void aFolderThatIsNoModelIsOneSentence() {
    assertThat(convert(folder.toString(), file.toString())).isEqualTo(1);
    assertSentence(folder.toString(), "it is a directory; name the .gguf file in it");
  }

  @Test
  void anExistingFileIsKept() throws Exception {
    Files.writeString(file, "kept");
    assertThat(convert(folder.toString(), file.toString())).isEqualTo(1);
    assertThat(captured.err()).contains("out.gguf exists", "--force");
    assertThat(file).hasContent("kept");
  }

  @Test
  void theFolderOfTheFileHasToExist() {
    file = folder.resolve("none").resolve("out.gguf");
    assertThat(convert(folder.toString(), file.toString())).isEqualTo(1);
    assertSentence("cannot be written");
  }
}
