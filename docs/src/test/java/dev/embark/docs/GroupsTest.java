package dev.embark.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The groups of long tests are the same in CONTRIBUTING.md, in the build, and in CI: a test whose
 * group nobody runs would be lost without a sign.
 */
class GroupsTest {
  private static final Pattern TAG = Pattern.compile("(?m)^ *@Tag\\(\"([^\"]*)\"\\)");
  private static final Pattern ROW =
      Pattern.compile("(?m)^\\| `([a-z0-9-]+)` \\|[^|]*\\|[^|]*\\|$");
  private static final Pattern NOT_IN_CI =
      Pattern.compile("(?m)^\\| `([a-z0-9-]+)` \\|[^|]*\\| not in CI[^|]*\\|$");
  private static final Pattern ACTIVATED =
      Pattern.compile("<name>group</name>\\s*<value>([^<]*)</value>");

  private static final Markdown POM = Markdown.of("pom.xml");
  private static final Set<String> DOCUMENTED = all(ROW, Markdown.of("CONTRIBUTING.md"));

  @Test
  void theBuildTakesTheGroupsThatAreDocumented() {
    assertThat(DOCUMENTED).hasSizeGreaterThan(5);
    assertThat(list(POM, "<regex>([^<]*)</regex>", "\\|")).isEqualTo(DOCUMENTED);
  }

  @Test
  void theDefaultBuildLeavesOutTheTagsThatTestsHaveAndNoOthers() throws IOException {
    Set<String> tags = new TreeSet<>();
    for (Path file : Markdown.files(".java")) {
      tags.addAll(all(TAG, Markdown.read(file)));
    }

    assertThat(list(POM, "<test.excluded>([^<]*)</test.excluded>", ",")).isEqualTo(tags);
    assertThat(DOCUMENTED).containsAll(tags);
  }

  @Test
  void everyGroupHasTestsByATagOrAProfile() throws IOException {
    Set<String> groups = list(POM, "<test.excluded>([^<]*)</test.excluded>", ",");
    for (Path file : Markdown.files("pom.xml")) {
      groups.addAll(all(ACTIVATED, Markdown.read(file)));
    }

    assertThat(groups).isEqualTo(DOCUMENTED);
  }

  @Test
  void ciRunsEveryGroupThatIsNotMarked() {
    Set<String> run = list(Markdown.of(".ci/run"), "(?m)^groups=\\(([^)]*)\\)", " ");
    Set<String> marked = all(NOT_IN_CI, Markdown.of("CONTRIBUTING.md"));

    assertThat(run).doesNotContainAnyElementsOf(marked);
    run.addAll(marked);
    assertThat(run).isEqualTo(DOCUMENTED);
  }

  private static Set<String> all(Pattern pattern, Markdown file) {
    return pattern
        .matcher(file.text())
        .results()
        .map(match -> match.group(1))
        .collect(TreeSet::new, Set::add, Set::addAll);
  }

  private static Set<String> list(Markdown file, String pattern, String separator) {
    List<String> found = List.copyOf(all(Pattern.compile(pattern), file));
    assertThat(found).as("%s in %s", pattern, file.file()).hasSize(1);
    return Stream.of(found.get(0).split(separator)).collect(TreeSet::new, Set::add, Set::addAll);
  }
}
