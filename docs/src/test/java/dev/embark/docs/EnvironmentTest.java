package dev.embark.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Variables of the environment that the code reads are those of docs/operations.md. */
class EnvironmentTest {
  private static final Pattern READ =
      Pattern.compile("(?:\"|\\$\\{)((?:EMBARK|HF)_[A-Z_]+)(?:\"|:-|\\})");
  private static final Pattern DOCUMENTED = Pattern.compile("`((?:EMBARK|HF)_[A-Z_]+)`");
  // Passed by the script submit/embark to the program that it starts, and a C macro.
  private static final Set<String> INTERNAL =
      Set.of("EMBARK_TERMINAL", "EMBARK_LLAMA_IMPLEMENTATION");

  @Test
  void theVariablesReadAreExactlyTheDocumentedOnes() throws IOException {
    Set<String> read = new TreeSet<>();
    for (Path file : Markdown.files(".java", ".sh", ".h", ".cpp", "submit/embark")) {
      String path = Markdown.ROOT.relativize(file).toString();
      if (!path.contains("src/test") && !path.contains("/rivals/") && !path.contains("recipes")) {
        READ.matcher(Files.readString(file)).results().map(m -> m.group(1)).forEach(read::add);
      }
    }
    read.removeAll(INTERNAL);
    Set<String> documented = new TreeSet<>();
    DOCUMENTED
        .matcher(Markdown.of("docs/operations.md").text())
        .results()
        .map((MatchResult m) -> m.group(1))
        .forEach(documented::add);

    assertThat(documented).isNotEmpty().isEqualTo(read);
  }
}
