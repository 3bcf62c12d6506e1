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
  private static final Pattern TOLD = Pattern.compile("`((?:EMBARK|HF)_[A-Z_]+)`");
  // What the script submit/embark tells the program that it starts, and a macro of the C compiler.
  private static final Set<String> INTERNAL =
      Set.of("EMBARK_TERMINAL", "EMBARK_LLAMA_IMPLEMENTATION");

  @Test
  void everyVariableThatIsReadIsToldAndTheOtherWayRound() throws IOException {
    Set<String> read = new TreeSet<>();
    for (Path file : Markdown.files(".java", ".sh", ".h", ".cpp", "submit/embark")) {
      String path = Markdown.ROOT.relativize(file).toString();
      if (!path.contains("src/test") && !path.contains("/rivals/") && !path.contains("recipes")) {
        READ.matcher(Files.readString(file)).results().map(m -> m.group(1)).forEach(read::add);
      }
    }
    read.removeAll(INTERNAL);
    Set<String> told = new TreeSet<>();
    TOLD.matcher(Markdown.of("docs/operations.md").text())
        .results()
        .map((MatchResult m) -> m.group(1))
        .forEach(told::add);

    assertThat(told).isNotEmpty().isEqualTo(read);
  }
}
