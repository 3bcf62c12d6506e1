package dev.embark.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The functions, options, conditions and arguments of the Python package are those of the code. */
class PythonModulesTest {
  private static final Path FOLDER = Markdown.ROOT.resolve("python/src/embark");

  @Test
  void thePythonPackageHasWhatTheCodeHas() throws IOException {
    Map<String, String> modules = PythonModules.all();
    for (Map.Entry<String, String> module : modules.entrySet()) {
      Path file = FOLDER.resolve(module.getKey());
      if (Boolean.getBoolean("embark.docs.write")) {
        Files.writeString(file, module.getValue());
      }
      assertThat(Files.readString(file))
          .as("%s is out of date; write it anew with: %s", file, Reference.COMMAND)
          .isEqualTo(module.getValue());
    }

    assertThat(modules.get("functions.py"))
        .contains("def embed(\n    text: ColumnOrName,\n    *,\n    model: str | None = None,")
        .contains("long_text: Literal[\"truncate\", \"chunk\", \"error\"] | None = None")
        .contains("dimensions: int | None", "temperature: float | None")
        .contains("def cosine_similarity(a: ColumnOrName, b: ColumnOrName) -> Column:");
    assertThat(modules.get("_job_arguments.py"))
        .contains("text_column: str | None", "dedupe: bool = False")
        .contains("option: Mapping[str, object] | None")
        .doesNotContain("dry_run", "verbose");
  }
}
