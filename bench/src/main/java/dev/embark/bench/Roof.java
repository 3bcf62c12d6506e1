package dev.embark.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Stream;

/**
 * What one core can compute at most, by kind of number.
 *
 * @param operations a second, by kind; empty if the program that measures them could not be built
 */
record Roof(Map<String, Double> operations) {
  /**
   * Multiplications and additions of weights for a token of all-MiniLM-L6-v2: two for each weight
   * of six layers, of which each has four matrices of 384 × 384 and two of 384 × 1,536. Attention,
   * which grows with the length of a text, is not counted.
   */
  static final double OPERATIONS_OF_TOKEN = 2.0 * 6 * (4 * 384 * 384 + 2 * 384 * 1536);

  /** The roof of a machine where it was not measured. */
  static final Roof NONE = new Roof(Map.of());

  /** Runs the program, which takes a second for each kind; a roof of nothing if there is none. */
  static Roof measure(Path program) throws IOException {
    if (!Files.isExecutable(program)) {
      return NONE;
    }
    Process process =
        new ProcessBuilder(program.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    return parse(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
  }

  /** Reads what the program prints. */
  static Roof parse(String lines) {
    Map<String, Double> operations = new LinkedHashMap<>();
    for (String line : lines.lines().toList()) {
      String[] fields = line.split("\t", 2);
      operations.put(fields[0], Double.parseDouble(fields[1]));
    }
    return new Roof(operations);
  }

  /** Returns the kind that {@code precision=fast} multiplies; empty if nothing was measured. */
  String kindOfFast() {
    return Stream.of("int16", "f32", "int16-avx2")
        .filter(operations::containsKey)
        .findFirst()
        .orElse("");
  }

  /**
   * Returns the share of the roof that a side reaches; empty if the roof of its kind is unknown.
   */
  OptionalDouble share(SideSpec side, SideResult result) {
    Double roof = operations.get(side.kind());
    return roof == null
        ? OptionalDouble.empty()
        : OptionalDouble.of(result.tokensPerCpuSecond() * OPERATIONS_OF_TOKEN / roof);
  }
}
