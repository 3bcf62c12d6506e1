package dev.embark.model.parity;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.embark.engine.TokenIds;
import dev.embark.engine.model.ModelLoader;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The ids of texts against Hugging Face's tokenizer, with the vocabulary of MiniLM. */
class TokenParityTest {
  private static final int CONTEXT = 512;
  private static final int RANDOM_TEXTS = 4000;
  private static final int CHARACTERS_A_TEXT = 100;
  private static final int LAST_CHARACTER = 0x1FFFF;

  // What tokenizers disagree about; a text is made of some of them.
  private static final List<String> NASTY =
      List.of(
          "a",
          "b",
          "the",
          " the ",
          " ",
          "  ",
          "\t",
          "\n",
          "\r\n",
          "\u000b",
          "\f",
          "\u0085",
          "\0",
          "\u0007",
          "\u001c",
          "\u001f",
          "\u007f",
          "\u009f",
          "\u00a0",
          "\u00ad",
          "\u1680",
          "\u180e",
          "\u2002",
          "\u200b",
          "\u200d",
          "\u200e",
          "\u2028",
          "\u2029",
          "\u202e",
          "\u202f",
          "\u205f",
          "\u2060",
          "\u3000",
          "\ufeff",
          "\ufffd",
          "\ue000",
          "\uffff",
          "\u2581",
          "\u2581the",
          "\u0120",
          "Caf\u00e9",
          "e\u0301",
          "\u0301",
          "\u0130",
          "\u0131",
          "\u00df",
          "\u1e9e",
          "\u03a3\u03c2",
          "\ufb01",
          "\u00c5",
          "\u212b",
          "\u2126",
          "\u01c5",
          "\u00bd",
          "\u2460",
          "\u0660",
          "\u0968",
          "x\u00b2",
          "\u4e2d",
          "\u6587\u5b57",
          "\uf900",
          "\u3005",
          "\u3042",
          "\u30a2\u30fc",
          "\uff76\uff9e",
          "\uff21",
          "\uff01",
          "\u3002",
          "\ud55c\uad6d\uc5b4",
          "\u1112\u1161",
          "\u0e2a\u0e27\u0e31\u0e2a",
          "\u0915\u094d\u0937\u093f",
          "\u05e9\u05b8\u05dc",
          "\u0645\u0631\u062d\u0628\u0627",
          "\u064b",
          "\u0627\u08e3",
          "\u061d",
          "\u08e2",
          "\u166d",
          "\u1734",
          "\u1ab5",
          "\u2e52",
          "\ud804\uddc9",
          "\ud83d\ude00",
          "\ud83d\udc4d\ud83c\udffd",
          "\ud83d\udc68\u200d\ud83d\udc69",
          "\u2764\ufe0f",
          "1\ufe0f\u20e3",
          "\ud869\uded6",
          "\ud87e\udc00",
          ".",
          ",",
          "!?",
          "...",
          "\u2026",
          "--",
          "\u2014",
          "'s",
          "\u2019",
          "`",
          "^",
          "~",
          "$",
          "\u20ac",
          "+",
          "<s>",
          "##",
          "##ing",
          "[x]",
          "7",
          "12345",
          "3.14",
          "_",
          "\u203f",
          "\u00bf",
          "\u00b7",
          "\u037e",
          "\u2260",
          "\u00d7");

  private static LlamaModel model;
  private static HuggingFaceTokenizer reference;

  @BeforeAll
  static void open() throws Exception {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    System.setProperty("RUST_FLAVOR", "cpu");
    model =
        ModelLoader.load(
            Path.of(
                TokenParityTest.class
                    .getResource("/dev/embark/model/all-MiniLM-L6-v2-f16.gguf")
                    .toURI()),
            ModelOptions.cpu());
    reference =
        HuggingFaceTokenizer.builder()
            .optTokenizerPath(
                Path.of(
                    System.getProperty("basedir", "."),
                    "target/onnx/all-minilm-l6-v2-tokenizer.json"))
            .optAddSpecialTokens(true)
            .optTruncation(false)
            .optPadding(false)
            .build();
  }

  @AfterAll
  static void close() {
    model.close();
    reference.close();
  }

  @Test
  void wordsOfMoreThanAHundredCharactersAreUnknown() {
    List<String> texts = new ArrayList<>();
    for (int length : new int[] {99, 100, 101}) {
      for (String character :
          List.of(
              "a",
              "\u00e9",
              "e\u0301",
              "\u0301",
              "\ud55c",
              "\u0130",
              "\u00df",
              "\ud835\udd38",
              "a\u00ad",
              "9")) {
        String word = character.repeat(length);
        texts.addAll(
            List.of(word, "the " + word + ".", word + "a", word + "-a", word + "\u4e2d\u000b"));
      }
    }
    texts.add("https://example.org/" + "x".repeat(300) + " and " + "y".repeat(100));
    sameIds(texts);
  }

  @Test
  void everyCharacterWithinAWordIsWhatItIsToTheReference() {
    List<String> texts = new ArrayList<>();
    int[] all =
        IntStream.rangeClosed(0, LAST_CHARACTER)
            .filter(c -> c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE)
            .toArray();
    for (int i = 0; i < all.length; i += CHARACTERS_A_TEXT) {
      texts.add(
          Arrays.stream(all, i, Math.min(i + CHARACTERS_A_TEXT, all.length))
              .mapToObj(c -> "a" + Character.toString(c) + "b")
              .collect(Collectors.joining(" ")));
    }
    sameIds(texts);
  }

  @Test
  void textsOfNastyPartsHaveTheReferencesIds() {
    Random random = new Random(2581);
    sameIds(
        IntStream.range(0, RANDOM_TEXTS)
            .mapToObj(
                i ->
                    IntStream.range(0, 1 + random.nextInt(24))
                        .mapToObj(part -> NASTY.get(random.nextInt(NASTY.size())))
                        .collect(Collectors.joining()))
            .toList());
  }

  private static void sameIds(List<String> texts) {
    List<int[]> ids = TokenIds.of(model, texts);
    assertThat(ids).hasSameSizeAs(texts);
    for (int i = 0; i < ids.size(); i++) {
      assertThat(ids.get(i)).as(texts.get(i)).isEqualTo(expected(texts.get(i)));
    }
  }

  /** Those of a long text are its head and the last one. */
  private static int[] expected(String text) {
    long[] all = reference.encode(text).getIds();
    int[] ids = Arrays.stream(all).limit(CONTEXT).mapToInt(id -> (int) id).toArray();
    ids[ids.length - 1] = (int) all[all.length - 1];
    return ids;
  }
}
