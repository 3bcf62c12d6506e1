package dev.embark.engine.text;

import dev.embark.llama.LlamaModel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Spellings of the control tokens of a vocabulary. Immutable and thread-safe. */
final class ControlTokens {
  /**
   * A spelling in a text.
   *
   * @param from index of its first character
   * @param to index after its last character
   */
  record Spelling(int from, int to) {}

  private final Map<Character, List<String>> byFirst = new HashMap<>(); // longest first

  private ControlTokens(LlamaModel model) {
    for (int token = 0; token < model.vocabularySize(); token++) {
      String spelling = model.isControl(token) ? model.tokenText(token) : "";
      if (!spelling.isEmpty()) {
        byFirst.computeIfAbsent(spelling.charAt(0), first -> new ArrayList<>()).add(spelling);
      }
    }
    byFirst.values().forEach(list -> list.sort(Comparator.comparing(String::length).reversed()));
  }

  /** Returns the control tokens of a model, read once. */
  static ControlTokens of(LlamaModel model) {
    return model.derived(ControlTokens.class, ControlTokens::new);
  }

  /** Returns the spellings in a text from left to right, the longest one at each place. */
  List<Spelling> in(String text) {
    List<Spelling> found = new ArrayList<>();
    for (int at = 0; at < text.length(); ) {
      int length = lengthAt(text, at);
      if (length > 0) {
        found.add(new Spelling(at, at + length));
      }
      at += Math.max(1, length);
    }
    return found;
  }

  private int lengthAt(String text, int at) {
    for (String spelling : byFirst.getOrDefault(text.charAt(at), List.of())) {
      if (text.startsWith(spelling, at)) {
        return spelling.length();
      }
    }
    return 0;
  }
}
