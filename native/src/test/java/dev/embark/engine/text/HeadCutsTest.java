package dev.embark.engine.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.engine.TinyKind;
import dev.embark.engine.TinyModel;
import dev.embark.engine.model.ChangedModel;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.gguf.GgufValue;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import dev.embark.llama.TokenizedTexts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Real vocabularies are tried in {@code LongHeadsTest} of native/model. */
class HeadCutsTest {
  private static final int TEXTS = 60;
  private static final List<String> PARTS =
      List.of(
          "dog",
          "dog ",
          " the",
          "the\n",
          " ",
          "  ",
          "\n",
          "\t",
          "1",
          "12 ",
          ",",
          "it's ",
          "caf\u00e9 ",
          "e\u0301 ",
          " \u0301",
          "\u00a0",
          "\u4e2d\u6587 ",
          "\u1112\u1161 ",
          "\u0600a ",
          "\ud83d\ude00 ",
          "[SEP] ",
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ");

  @TempDir private Path dir;

  /** A vocabulary of each kind. */
  private enum Kind {
    WORD_PIECE,
    BYTE_PAIR,
    COMPOSED_BYTE_PAIR,
    UNIGRAM,
    SENTENCE_PIECE;

    LlamaModel open(Path dir) throws IOException {
      Path file =
          switch (this) {
            case WORD_PIECE -> TinyModel.wordPiece(dir);
            case BYTE_PAIR -> TinyModel.bytePair(dir);
            case COMPOSED_BYTE_PAIR -> TinyKind.MODERN_BERT.write(dir);
            case UNIGRAM ->
                ChangedModel.with(
                    TinyKind.GEMMA_EMBEDDING.write(dir),
                    dir.resolve("unigram.gguf"),
                    "tokenizer.ggml.model",
                    GgufValue.string("t5"));
            case SENTENCE_PIECE -> TinyKind.GEMMA_EMBEDDING.write(dir);
          };
      return ModelLoader.load(file, ModelOptions.cpu());
    }
  }

  private static List<Integer> first(LlamaModel model, String longText, int max, byte[] text) {
    EmbedOptions options =
        EmbedOptions.of(Map.of("longText", longText, "maxTokens", String.valueOf(max)));
    try (TokenizedTexts out = new TokenizedTexts()) {
      new Tokenizer(model, options).tokenize(List.of(text), out, () -> false);
      return out.sequences() == 0 ? List.of() : Arrays.stream(out.copy(0)).boxed().toList();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aTruncatedTextHasTheFirstIdsOfTheWhole(Kind kind) throws IOException {
    Random random = new Random(7);
    try (LlamaModel model = kind.open(dir)) {
      for (int i = 0; i < TEXTS; i++) {
        StringBuilder text = new StringBuilder();
        while (text.length() < 3000) {
          // Some texts have few kinds of parts, and with them few places to cut.
          text.append(PARTS.get(random.nextInt(1 + i % PARTS.size())));
        }
        byte[] utf8 = text.toString().getBytes(StandardCharsets.UTF_8);
        int max = 3 + random.nextInt(20);

        assertThat(first(model, "truncate", max, utf8))
            .as("%d tokens of: %s", max, text)
            .isEqualTo(first(model, "chunk", max, utf8));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "WORD_PIECE, 'dog the dog', 3",
    "WORD_PIECE, '.. dog', 2",
    "BYTE_PAIR, 'dog the dog', 3",
    "BYTE_PAIR, '.. dog dog', 6", // from a mark a match may reach into a blank
    "BYTE_PAIR, '12  \u4e2d\ndog', 5",
    "BYTE_PAIR, 'dogdogdog', 9",
    "UNIGRAM, 'dog the dog', 3",
    "UNIGRAM, 'dog  the dog', 8", // the second space may become nothing
    "UNIGRAM, 'dog \u0301 the dog', 9",
    "UNIGRAM, 'dog\nthe dog', 7",
    "SENTENCE_PIECE, 'dog the dog', 11",
  })
  void aHeadEndsBeforeABlankThatEndsATokenForCertain(Kind kind, String text, int expected)
      throws IOException {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    try (LlamaModel model = kind.open(dir)) {
      HeadCuts cuts = new HeadCuts(model, null);

      int bytes = cuts.next(utf8, 1, utf8.length);

      assertThat(cuts.exist()).isEqualTo(kind != Kind.SENTENCE_PIECE);
      assertThat(new String(utf8, 0, bytes, StandardCharsets.UTF_8)).hasSize(expected);
    }
  }
}
