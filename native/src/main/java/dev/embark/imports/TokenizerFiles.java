package dev.embark.imports;

import com.fasterxml.jackson.databind.JsonNode;
import dev.embark.gguf.GgufValue;
import dev.embark.gguf.GgufWriter;
import dev.embark.imports.TokenTable.TokenType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Predicate;

/**
 * The tokenizer of a folder: {@code tokenizer.json} and {@code tokenizer_config.json}. Immutable.
 *
 * @param tokenizer missing if the folder has none
 * @param config missing if the folder has none
 */
record TokenizerFiles(JsonNode tokenizer, JsonNode config) {
  private static final String PREFIX = "tokenizer.ggml.";

  /**
   * A special token.
   *
   * @param name in tokenizer_config.json
   * @param key in GGUF
   */
  private record Special(String name, String key) {}

  private static final List<Special> SPECIALS =
      List.of(
          new Special("unk_token", "unknown_token_id"),
          // The misspelling is part of the format.
          new Special("sep_token", "seperator_token_id"),
          new Special("pad_token", "padding_token_id"),
          new Special("cls_token", "cls_token_id"),
          new Special("mask_token", "mask_token_id"));

  /** Reads the files of a module. */
  static TokenizerFiles read(ModelFolder folder, String module) throws IOException {
    return new TokenizerFiles(
        folder.json(module + "tokenizer.json"), folder.json(module + "tokenizer_config.json"));
  }

  /** Returns the longest sequence that the tokenizer allows; empty if it names none. */
  OptionalInt maxTokens() {
    JsonNode length = config.path("model_max_length");
    // Python writes 1e30 for no limit.
    return length.isNumber() && length.asDouble() >= 1 && length.asDouble() < (1 << 26)
        ? OptionalInt.of(length.asInt())
        : OptionalInt.empty();
  }

  JsonNode model() {
    return tokenizer.path("model");
  }

  /** Returns the steps of a stage, such as {@code normalizer}; none if it is unset. */
  List<JsonNode> steps(String stage) {
    List<JsonNode> steps = new ArrayList<>();
    collect(tokenizer.path(stage), steps);
    return steps;
  }

  private static void collect(JsonNode step, List<JsonNode> steps) {
    if (!step.path("type").asText().equals("Sequence")) {
      if (!Config.isUnset(step)) {
        steps.add(step);
      }
      return;
    }
    for (String name : List.of("normalizers", "pretokenizers", "processors")) {
      step.path(name).forEach(child -> collect(child, steps));
    }
  }

  /**
   * Sets the added tokens, which keep their spelling; those without a row in the weights are left
   * out.
   */
  void setAdded(TokenTable table) throws ImportException {
    setAdded(table, token -> true);
  }

  /** Sets the added tokens that a condition takes. */
  void setAdded(TokenTable table, Predicate<String> takes) throws ImportException {
    for (JsonNode token : tokenizer.path("added_tokens")) {
      int id = token.path("id").asInt(-1);
      String content = token.path("content").asText();
      if (id < table.size() && takes.test(content)) {
        TokenType type =
            token.path("special").asBoolean() ? TokenType.CONTROL : TokenType.USER_DEFINED;
        table.set(id, content, content, type, 0);
      }
    }
  }

  /**
   * The special tokens around each text.
   *
   * @param opening id of the token before a text
   * @param closing id of the token after a text
   */
  record Around(OptionalInt opening, OptionalInt closing) {
    boolean isEmpty() {
      return opening.isEmpty() && closing.isEmpty();
    }
  }

  /** Returns the special tokens that the post-processor puts around a text. */
  Around around() throws ImportException {
    List<Integer> before = new ArrayList<>();
    List<Integer> after = new ArrayList<>();
    for (JsonNode step : steps("post_processor")) {
      switch (step.path("type").asText()) {
        case "TemplateProcessing" -> template(step, before, after);
        case "BertProcessing", "RobertaProcessing" -> {
          before.add(step.path("cls").path(1).asInt(-1));
          after.add(step.path("sep").path(1).asInt(-1));
        }
        case "ByteLevel" -> {
          // changes offsets only
        }
        default -> throw refused("post_processor", step);
      }
    }
    if (before.size() > 1 || after.size() > 1) {
      throw new ImportException(
          "its tokenizer puts more than one special token before or after a text, which llama.cpp"
              + " cannot do; use a GGUF file of the model");
    }
    return new Around(
        before.stream().mapToInt(id -> id).findFirst(),
        after.stream().mapToInt(id -> id).findFirst());
  }

  private static void template(JsonNode step, List<Integer> before, List<Integer> after) {
    boolean isAfter = false;
    for (JsonNode part : step.path("single")) {
      if (part.has("Sequence")) {
        isAfter = true;
        continue;
      }
      String name = part.path("SpecialToken").path("id").asText();
      for (JsonNode id : step.path("special_tokens").path(name).path("ids")) {
        (isAfter ? after : before).add(id.asInt(-1));
      }
    }
  }

  /** Writes which special tokens surround a text, and the ids of the others. */
  void putSpecials(GgufWriter gguf, TokenTable table, Around around) {
    around.opening().ifPresent(id -> gguf.put(PREFIX + "bos_token_id", GgufValue.uint32(id)));
    around.closing().ifPresent(id -> gguf.put(PREFIX + "eos_token_id", GgufValue.uint32(id)));
    gguf.put(PREFIX + "add_bos_token", GgufValue.bool(around.opening().isPresent()));
    gguf.put(PREFIX + "add_eos_token", GgufValue.bool(around.closing().isPresent()));
    for (Special special : SPECIALS) {
      JsonNode token = config.path(special.name());
      table
          .id(token.isObject() ? token.path("content").asText() : token.asText())
          .ifPresent(id -> gguf.put(PREFIX + special.key(), GgufValue.uint32(id)));
    }
  }

  /** Returns the refusal of a stage that llama.cpp does not have. */
  static ImportException refused(String stage, JsonNode step) {
    String name = step.path("type").asText("none");
    return new ImportException(
        "its tokenizer.json has the %s %s with settings that llama.cpp cannot reproduce, so tokens would differ; use a GGUF file of the model"
            .formatted(stage, name));
  }
}
