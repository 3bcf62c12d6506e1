package dev.embark.imports;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The files of one model folder on a local disk. The folder is untrusted: names that lead out of it
 * are refused, and no file is read beyond a limit. Symbolic links are followed, since Python's
 * cache of the Hub consists of them. Immutable.
 *
 * @param root the folder
 */
record ModelFolder(Path root) {
  // The largest tokenizers have about 35 MB.
  private static final long MAX_JSON_BYTES = 256L << 20;
  private static final Pattern NAME = Pattern.compile("(\\d+_\\w+/)?[\\w-][\\w.-]*");

  private static final int MOST_README_BYTES = 1 << 16;
  private static final Pattern FRONT_MATTER = Pattern.compile("(?s)\\A---\\s*\\n(.*?)\\n---");
  // A licence of the Hub's list, or "other" with a name and a link.
  private static final Pattern LICENSE =
      Pattern.compile(
          "(?m)^(?<key>license(?:_name|_link)?):[ \\t]*(?:\\n[ \\t]*-[ \\t]*)?"
              + "(?<quote>['\"]?)(?<value>[^'\"\\s][^'\"\\n]{0,199}?)\\k<quote>[ \\t]*$");

  private static final ObjectMapper JSON =
      new ObjectMapper(
          JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build());

  /**
   * Returns the path of a file.
   *
   * @throws ImportException when the name is not that of a file in the folder or in a module of it
   */
  Path file(String name) throws ImportException {
    if (!NAME.matcher(name).matches()) {
      throw new ImportException("the folder names the file '" + name + "', which is not inside it");
    }
    return root.resolve(name);
  }

  boolean has(String name) throws ImportException {
    return Files.isRegularFile(file(name));
  }

  /** Reads a JSON file; a missing node if there is none. */
  JsonNode json(String name) throws IOException {
    Path file = file(name);
    if (!Files.isRegularFile(file)) {
      return MissingNode.getInstance();
    }
    if (Files.size(file) > MAX_JSON_BYTES) {
      throw new ImportException(
          name + " has " + Files.size(file) + " bytes, more than any tokenizer; it is damaged");
    }
    try (InputStream in = Files.newInputStream(file)) {
      return json(name, in.readAllBytes());
    }
  }

  /** Parses JSON; {@code name} is for messages. */
  static JsonNode json(String name, byte[] bytes) throws IOException {
    try {
      JsonNode root = JSON.readTree(bytes);
      if (root.isObject() || root.isArray()) {
        return root;
      }
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
      throw new ImportException(
          name + " is not a whole JSON file (line " + line + "); download or copy it again", e);
    }
    throw new ImportException(name + " is not a JSON object; download or copy it again");
  }

  /** Reads the start of a text file; empty if there is none. */
  String text(String name, int most) throws IOException {
    Path file = file(name);
    if (!Files.isRegularFile(file)) {
      return "";
    }
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(most), StandardCharsets.UTF_8).replace("\r\n", "\n");
    }
  }

  /** Returns the start of README.md, the model card; empty if there is none. */
  String readme() throws IOException {
    return text("README.md", MOST_README_BYTES);
  }

  /** Reads a text file line by line, without the line ends. */
  List<String> lines(String name) throws IOException {
    Path file = file(name);
    if (Files.size(file) > MAX_JSON_BYTES) {
      throw new ImportException(name + " has " + Files.size(file) + " bytes; it is damaged");
    }
    String text = Files.readString(file, StandardCharsets.UTF_8);
    // Only line feeds end a token: a vocabulary holds other separators of lines as tokens.
    return List.of((text.endsWith("\n") ? text.substring(0, text.length() - 1) : text).split("\n"));
  }

  /**
   * Returns what README.md says about the licence, each line by its key: {@code license}, such as
   * apache-2.0, and for one that the Hub does not list {@code license_name} and {@code
   * license_link}.
   */
  Map<String, String> license() throws IOException {
    Map<String, String> found = new TreeMap<>();
    Matcher front = FRONT_MATTER.matcher(readme());
    Matcher line = LICENSE.matcher(front.find() ? front.group(1) : "");
    while (line.find()) {
      found.putIfAbsent(line.group("key"), line.group("value"));
    }
    return found;
  }
}
