package dev.embark.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The messages that the table of troubles quotes are those that Embark and Spark give. */
class TroubleshootingTest {
  private static final Pattern ROW =
      Pattern.compile("(?m)^\\| (?<seen>[^|]*) \\|[^|]*\\|[^|]*\\|$");
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");
  private static final Pattern OF_SPARK = Pattern.compile("\\[([A-Z_]+)\\] (.*)");
  private static final Pattern JOINED = Pattern.compile("\"\\s*\\+\\s*\"");

  private static String sources;

  @BeforeAll
  static void readTheSources() throws IOException {
    StringBuilder text = new StringBuilder();
    for (Path file : Markdown.files(".java")) {
      if (file.toString().contains("src/main")) {
        text.append(Files.readString(file));
      }
    }
    sources = JOINED.matcher(text).replaceAll("");
  }

  private static Set<String> messages() {
    Set<String> messages = new TreeSet<>();
    String table = Markdown.of("docs/operations.md").section("When something is wrong");
    for (Matcher row = ROW.matcher(table); row.find(); ) {
      CODE.matcher(row.group("seen")).results().forEach(code -> messages.add(code.group(1)));
    }
    return messages;
  }

  /** The parts between ellipses, which represent variable text. */
  private static List<String> parts(String message) {
    return Pattern.compile("…")
        .splitAsStream(message)
        .map(String::strip)
        .filter(p -> !p.isEmpty())
        .toList();
  }

  @Test
  void everyMessageIsOneThatTheCodeGives() throws IOException {
    assertThat(messages()).hasSizeGreaterThan(15);
    for (String message : messages()) {
      Matcher ofSpark = OF_SPARK.matcher(message);
      if (ofSpark.matches()) {
        assertThat(messageOfSpark(ofSpark.group(1))).contains(parts(ofSpark.group(2)));
      } else {
        assertThat(parts(message)).as(message).allMatch(sources::contains);
        assertThat(parts(message)).as(message).anyMatch(part -> part.length() > 12);
      }
    }
  }

  private static String messageOfSpark(String name) throws IOException {
    JsonNode conditions =
        new ObjectMapper()
            .readTree(
                TroubleshootingTest.class.getResourceAsStream("/error/error-conditions.json"));
    return conditions.path(name).path("message").toString();
  }
}
