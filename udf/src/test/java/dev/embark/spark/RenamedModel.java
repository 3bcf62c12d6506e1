package dev.embark.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The built-in model under another name of the same length, by which it belongs to a family. */
public final class RenamedModel {
  /** A name of the family E5, whose prompts are "query: " and "passage: ". */
  public static final String E5 = "intfloat/e5-base";

  /** A name of no family. */
  public static final String UNKNOWN = "all-MiniLM-L6-vX";

  private static final String RESOURCE = "/dev/embark/model/all-MiniLM-L6-v2-f16.gguf";
  private static final String NAME = "all-MiniLM-L6-v2";

  private RenamedModel() {}

  /** Writes the model; returns its path. */
  public static String write(Path folder, String name) throws IOException {
    assertThat(name).hasSameSizeAs(NAME);
    byte[] file;
    try (InputStream in = RenamedModel.class.getResourceAsStream(RESOURCE)) {
      file = in.readAllBytes();
    }
    // The value of a key follows its type, 8 for text, and its length.
    String header = new String(file, 0, 4096, StandardCharsets.ISO_8859_1);
    int value = header.indexOf("general.name") + "general.name".length() + 4 + 8;
    assertThat(header.substring(value)).startsWith(NAME);
    System.arraycopy(name.getBytes(StandardCharsets.US_ASCII), 0, file, value, name.length());
    Path copy = folder.resolve(name.replace('/', '-') + ".gguf");
    Files.write(copy, file);
    return copy.toString();
  }
}
