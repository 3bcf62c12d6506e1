package dev.embark.model.parity;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.embark.engine.TokenIds;
import dev.embark.llama.LlamaModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The ids that Hugging Face's tokenizers give to texts. Special tokens are removed from what it
 * finds in texts, because Embark deliberately treats their spelling as text.
 */
record HuggingFaceIds(HuggingFaceTokenizer tokenizer) implements AutoCloseable {
  /** Longest text in tokens. */
  static final int LONGEST = 8192;

  private static final int SHOWN = 20;
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Makes a tokenizer.
   *
   * @param json {@code tokenizer.json}
   * @param folder for a file
   */
  static HuggingFaceIds of(String json, Path folder) throws IOException {
    return of(withoutSpecialTokensInTexts(json), true, folder);
  }

  /** The same for whole chats, in which the spelling of a special token is that token. */
  static HuggingFaceIds ofChats(String json, Path folder) throws IOException {
    return of(json, false, folder);
  }

  private static HuggingFaceIds of(String json, boolean addsSpecialTokens, Path folder)
      throws IOException {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    System.setProperty("RUST_FLAVOR", "cpu");
    Path file = folder.resolve("tokenizer.json");
    Files.writeString(file, json);
    return new HuggingFaceIds(
        HuggingFaceTokenizer.builder()
            .optTokenizerPath(file)
            .optAddSpecialTokens(addsSpecialTokens)
            .optTruncation(false)
            .optPadding(false)
            .build());
  }

  private static String withoutSpecialTokensInTexts(String json) throws IOException {
    JsonNode whole = JSON.readTree(json);
    List<Integer> special = new ArrayList<>();
    ArrayNode added = (ArrayNode) whole.path("added_tokens");
    for (int i = added.size() - 1; i >= 0; i--) {
      if (added.path(i).path("special").asBoolean()) {
        special.add(added.remove(i).path("id").asInt());
      }
    }
    if (whole.path("model").path("type").asText().equals("Unigram")) {
      for (int id : special) {
        ((ArrayNode) whole.path("model").path("vocab").path(id)).set(0, "\ufdd0" + id);
      }
    }
    return whole.toString();
  }

  /** Returns the number of tokens of a {@code tokenizer.json}. */
  static int tokens(String json) throws IOException {
    JsonNode whole = JSON.readTree(json);
    int tokens = whole.path("model").path("vocab").size();
    for (JsonNode added : whole.path("added_tokens")) {
      tokens = Math.max(tokens, added.path("id").asInt() + 1);
    }
    return tokens;
  }

  /** Returns the ids of a text. */
  int[] ids(String text) {
    return Arrays.stream(tokenizer.encode(text).getIds()).mapToInt(id -> (int) id).toArray();
  }

  /** Asserts that a model's ids are the same; shows what is left of texts that differ. */
  void assertSameIds(LlamaModel model, List<String> texts) {
    Predicate<String> differs = text -> !Arrays.equals(TokenIds.of(model, text), ids(text));
    List<String> different = texts.stream().filter(differs).toList();
    assertThat(different.stream().limit(SHOWN).map(text -> shortened(text, differs)).toList())
        .as("%d of %d texts differ", different.size(), texts.size())
        .isEmpty();
  }

  /** Returns what is left of a text when nothing more can be removed, escaped. */
  private static String shortened(String text, Predicate<String> differs) {
    List<Integer> left = new ArrayList<>(text.codePoints().boxed().toList());
    for (int i = 0; i < left.size(); ) {
      int removed = left.remove(i);
      if (!differs.test(join(left))) {
        left.add(i++, removed);
      }
    }
    return left.stream().map(c -> "U+%04X".formatted(c)).collect(Collectors.joining(" "));
  }

  private static String join(List<Integer> codePoints) {
    return codePoints.stream().map(Character::toString).collect(Collectors.joining());
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
