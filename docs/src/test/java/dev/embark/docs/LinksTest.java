package dev.embark.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LinksTest {

  static List<Path> files() throws IOException {
    return Markdown.files(".md", ".sql", ".scala", ".py");
  }

  @ParameterizedTest
  @MethodSource("files")
  void everyRelativeLinkLeadsToAFileAndHeadingOfTheRepository(Path file) {
    assertThat(broken(Markdown.read(file))).isEmpty();
  }

  @Test
  void brokenLinksAreFound(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("a.md");
    Files.writeString(
        file,
        """
        # One
        [a](#one) [b](#two) [c](a.md#one) [d](b.md) [e](a.md#b) [f](https://example.org)
        ```
        [g](not-a-link.md)
        ```
        """);

    assertThat(broken(Markdown.read(file))).containsExactly("#two", "b.md", "a.md#b");
  }

  private static List<String> broken(Markdown markdown) {
    return markdown.links().stream()
        .filter(link -> !link.matches("[a-z]+:.*"))
        .filter(link -> !resolves(markdown, link))
        .toList();
  }

  private static boolean resolves(Markdown from, String link) {
    String[] parts = link.split("#", 2);
    Path target =
        parts[0].isEmpty() ? from.file() : from.file().resolveSibling(parts[0]).normalize();
    return Files.exists(target)
        && (parts.length == 1 || Markdown.read(target).anchors().contains(parts[1]));
  }
}
