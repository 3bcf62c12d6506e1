package dev.embark.engine.model;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.gguf.GgufHeader;
import dev.embark.gguf.GgufValue;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Rejects a part of a model that llama.cpp's tools split into several files, because copying,
 * hashing and packed weights all assume one file per model. Stateless.
 */
final class SplitModel {
  private static final Pattern NAME = Pattern.compile("(.*)-\\d{5}(-of-\\d{5}\\.gguf)");

  private SplitModel() {}

  /**
   * Checks a header. It need not name an architecture, since only the first part has one.
   *
   * @param path for messages
   * @throws EmbarkException of kind MODEL for a part
   */
  static void check(Path path, GgufHeader header) {
    long parts = number(header, "split.count").orElse(0L);
    if (parts <= 1) {
      return;
    }
    String part =
        number(header, "split.no").map(no -> "part " + (no + 1) + " of ").orElse("one part of ");
    Matcher name = NAME.matcher(path.getFileName().toString());
    boolean named = name.matches();
    String first = named ? name.group(1) + "-00001" + name.group(2) : "FIRST-PART.gguf";
    String whole = named ? name.group(1) + ".gguf" : "WHOLE.gguf";
    throw new EmbarkException(
        Kind.MODEL,
        "The model %s is %s%d of a split model, and Embark takes models of one file: get all parts into one folder, merge them with 'llama-gguf-split --merge %s %s' of llama.cpp, and use the merged file."
            .formatted(path, part, parts, first, whole));
  }

  private static Optional<Long> number(GgufHeader header, String key) {
    return header
        .get(key)
        .map(GgufValue::value)
        .filter(Long.class::isInstance)
        .map(Long.class::cast);
  }
}
