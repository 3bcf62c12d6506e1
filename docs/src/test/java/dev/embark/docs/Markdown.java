package dev.embark.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * A Markdown file of this repository.
 *
 * @param file in the repository
 * @param text all of it
 */
record Markdown(Path file, String text) {
  /** The repository; tests run in {@code docs/}. */
  static final Path ROOT = Path.of("").toAbsolutePath().getParent();

  private static final Pattern FENCE =
      Pattern.compile("(?ms)^```(?<language>\\w*)\\n(?<code>.*?)^```$");
  private static final Pattern LINK = Pattern.compile("\\[[^\\]]*\\]\\((?<target>[^)\\s]+)\\)");
  private static final Pattern HEADING = Pattern.compile("(?m)^#+ (?<text>.*)$");
  private static final Set<String> NOT_OURS = Set.of("target", ".git", "node_modules");

  /** A fenced block of code. */
  record Block(String language, String code) {}

  static Markdown read(Path file) {
    try {
      return new Markdown(file, Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A file of the repository by its path in it. */
  static Markdown of(String path) {
    return read(ROOT.resolve(path));
  }

  /** Every file of the repository with one of these endings, build outputs left out. */
  static List<Path> files(String... endings) throws IOException {
    List<Path> found = new ArrayList<>();
    Files.walkFileTree(
        ROOT,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            return NOT_OURS.contains(folder.getFileName().toString())
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (List.of(endings).stream().anyMatch(file.toString()::endsWith)) {
              found.add(file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    found.sort(null);
    return found;
  }

  /** The fenced blocks of a language, in order. */
  List<String> blocks(String language) {
    return blocks().stream()
        .filter(block -> block.language().equals(language))
        .map(Block::code)
        .toList();
  }

  List<Block> blocks() {
    return FENCE
        .matcher(text)
        .results()
        .map(result -> new Block(result.group(1), result.group(2)))
        .toList();
  }

  /** The text below a heading of the second level, up to the next one. */
  String section(String heading) {
    String start = "\n## " + heading + "\n";
    int from = text.indexOf(start);
    if (from < 0) {
      throw new AssertionError(file + " has no section " + heading);
    }
    int to = text.indexOf("\n## ", from + 1);
    return text.substring(from + start.length(), to < 0 ? text.length() : to);
  }

  /** The targets of all links outside of code. */
  List<String> links() {
    return LINK.matcher(FENCE.matcher(text).replaceAll(""))
        .results()
        .map(MatchResult::group)
        .map(link -> link.substring(link.lastIndexOf('(') + 1, link.length() - 1))
        .toList();
  }

  /** What headings are linked by: GitHub's rule. */
  List<String> anchors() {
    return HEADING
        .matcher(FENCE.matcher(text).replaceAll(""))
        .results()
        .map(result -> result.group(1).toLowerCase(Locale.ROOT))
        .map(heading -> heading.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
        .toList();
  }
}
