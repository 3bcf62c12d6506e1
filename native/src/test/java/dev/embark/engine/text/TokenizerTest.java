package dev.embark.engine.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.engine.Embedded;
import dev.embark.engine.TinyKind;
import dev.embark.engine.TinyModel;
import dev.embark.engine.model.ChangedModel;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.gguf.GgufValue;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import dev.embark.llama.TokenizedTexts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerTest {

  @TempDir static Path dir;
  private static LlamaModel wordPiece;
  private static LlamaModel bytePair;

  private final TokenizedTexts out = new TokenizedTexts();

  @BeforeAll
  static void open() throws IOException {
    wordPiece = ModelLoader.load(TinyModel.wordPiece(dir), ModelOptions.cpu());
    bytePair = ModelLoader.load(TinyModel.bytePair(dir), ModelOptions.cpu());
  }

  @AfterAll
  static void closeModels() {
    wordPiece.close();
    bytePair.close();
  }

  @AfterEach
  void close() {
    out.close();
  }

  @Test
  void aTextIsItsWordsBetweenTheSpecialTokens() {
    tokenize(Map.of(), "The dog, sees [CLS] x1");

    assertThat(sequences())
        .containsExactly(
            ids(
                "[CLS]", "the", "dog", ",", "sees", "[", "c", "##l", "##s", "]", "x", "##1",
                "[SEP]"));
    assertThat(out.row(0)).isZero();
    assertThat(out.outcomes().tokens(0)).isEqualTo(13);
    assertThat(out.outcomes().isTruncated(0)).isFalse();
  }

  @Test
  void aLiteralSeparatorIsText() {
    tokenize(Map.of(), "dog [SEP] cat", "[SEP]");

    assertThat(sequences())
        .containsExactly(
            ids("[CLS]", "dog", "[", "sep", "]", "cat", "[SEP]"),
            ids("[CLS]", "[", "sep", "]", "[SEP]"));
  }

  /** Ids equal to Hugging Face's are in {@code TokenizerParityTest} of native/model. */
  @Test
  void textsAreComposedIfTheModelsTokenizerComposesThem() throws IOException {
    Path qwen = TinyKind.QWEN3_LAST.write(dir);
    String key = "embark.tokenizer.nfc";
    Path other = ChangedModel.with(qwen, dir.resolve("as-is.gguf"), key, GgufValue.bool(false));

    for (Path file : List.of(qwen, other)) {
      try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu());
          TokenizedTexts ids = new TokenizedTexts()) {
        new Tokenizer(model, EmbedOptions.of(Map.of("prefix", "ab")))
            .tokenize(Embedded.utf8("c\u00e9", "ce\u0301"), ids, () -> false);
        assertThat(Arrays.equals(ids.copy(0), ids.copy(1))).isEqualTo(file.equals(qwen));
      }
    }
  }

  @Test
  void nullHasNoSequenceAndEmptyAndBlankHaveTheSpecialTokens() {
    tokenize(Map.of(), null, "", " \t\n", "dog", null);

    assertThat(sequences())
        .containsExactly(
            ids("[CLS]", "[SEP]"), ids("[CLS]", "[SEP]"), ids("[CLS]", "dog", "[SEP]"));
    assertThat(IntStream.range(0, 3).map(out::row)).containsExactly(1, 2, 3);
    assertThat(out.outcomes().tokens(0)).isZero();
    assertThat(out.outcomes().tokens(1)).isEqualTo(2);
    for (int row = 0; row < 5; row++) {
      assertThat(out.outcomes().error(row)).isNull();
    }
  }

  @Test
  void aTextWithoutAnyTokenIsAnErrorOfItsRowAlone() {
    tokenize(bytePair, Map.of(), "abc", "", "ÄÖ", "ba");

    assertThat(sequences()).containsExactly(List.of(26, 2), List.of(1, 0));
    assertThat(IntStream.range(0, 2).map(out::row)).containsExactly(0, 3);
    for (int row : new int[] {1, 2}) {
      assertThat(out.outcomes().error(row).kind()).isEqualTo(Kind.EMPTY);
      assertThat(out.outcomes().error(row)).hasMessageContaining("no token");
    }
    assertThat(out.outcomes().error(0)).isNull();
    assertThat(out.outcomes().error(3)).isNull();
  }

  @Test
  void aTextAboveTheContextIsCutBeforeItsLastSpecialToken() {
    String text = TinyModel.words(new Random(1), 100);
    tokenize(Map.of(), text, TinyModel.words(new Random(2), 62), "cat");

    List<Integer> cut = sequences().get(0);
    assertThat(cut).hasSize(TinyModel.CONTEXT).startsWith(TinyModel.CLS).endsWith(TinyModel.SEP);
    assertThat(cut.subList(1, 63)).isEqualTo(words(text).subList(0, 62));
    assertThat(sequences().get(1)).hasSize(64);
    assertThat(IntStream.range(0, 3).mapToObj(out.outcomes()::isTruncated))
        .containsExactly(true, false, false);
    assertThat(out.outcomes().tokens(0)).isEqualTo(TinyModel.CONTEXT);
  }

  @Test
  void aTextWithoutSpecialTokensIsCutAtItsEnd() {
    tokenize(bytePair, Map.of("maxTokens", "3"), "xyzw", "xyz");

    assertThat(sequences()).containsExactly(List.of(23, 24, 25), List.of(23, 24, 25));
    assertThat(out.outcomes().isTruncated(0)).isTrue();
    assertThat(out.outcomes().isTruncated(1)).isFalse();
  }

  @Test
  void maxTokensCutsBelowTheContext() {
    tokenize(Map.of("maxTokens", "4"), "dog cat house", "dog cat");

    assertThat(sequences())
        .containsExactly(ids("[CLS]", "dog", "cat", "[SEP]"), ids("[CLS]", "dog", "cat", "[SEP]"));
    assertThat(out.outcomes().isTruncated(0)).isTrue();
    assertThat(out.outcomes().isTruncated(1)).isFalse();
  }

  /** The head of a long text is tokenised first; these are longer than that by far. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "dog ", // 4 bytes a token
        "dog\n",
        "dog\u00a0cat ", // the no-break space is a blank, too, but no place to cut
        "                                                                dog", // 67 bytes a token
        "\u0001\u0001\u0001 ", // no token
        "e\u0301 \u0301 ", // accents after a letter and after a blank
        "dog", // one unknown word
        "dog,", // no blank
        "[SEP] ",
      })
  void aLongTextIsCutAsItsTokensAre(String part) {
    String text = part.repeat(2000) + " house";
    String max = "7";
    tokenize(Map.of("longText", "chunk", "maxTokens", max), text);
    List<Integer> firstChunk = sequences().get(0);
    boolean isLong = sequences().size() > 1;

    tokenize(Map.of("maxTokens", max), text);

    assertThat(sequences()).containsExactly(firstChunk);
    assertThat(out.outcomes().isTruncated(0)).isEqualTo(isLong);
  }

  @Test
  void longTextErrorReadsNoMoreThanItNeeds() {
    tokenize(Map.of("maxTokens", "4", "longText", "error"), "dog ".repeat(1000), "dog");

    assertThat(sequences()).containsExactly(ids("[CLS]", "dog", "[SEP]"));
    assertThat(out.outcomes().error(0))
        .hasMessageContaining("The text has at least 19 tokens and maxTokens is 4");
  }

  @Test
  void longTextErrorFailsOnlyTheRowAndReportsItsTokens() {
    tokenize(Map.of("maxTokens", "4", "longText", "error"), "dog cat house", "dog");

    assertThat(sequences()).containsExactly(ids("[CLS]", "dog", "[SEP]"));
    assertThat(out.row(0)).isEqualTo(1);
    assertThat(out.outcomes().error(0).kind()).isEqualTo(Kind.TOO_LONG);
    assertThat(out.outcomes().error(0))
        .hasMessageContaining("5 tokens")
        .hasMessageContaining("maxTokens is 4");
    assertThat(out.outcomes().isTruncated(0)).isFalse();
  }

  @Test
  void chunksAreWindowsThatEachHaveTheSpecialTokens() {
    tokenize(
        Map.of("maxTokens", "5", "longText", "chunk"), "the dog sees the old cat runs", "bird");

    assertThat(sequences())
        .containsExactly(
            ids("[CLS]", "the", "dog", "sees", "[SEP]"),
            ids("[CLS]", "the", "old", "cat", "[SEP]"),
            ids("[CLS]", "runs", "[SEP]"),
            ids("[CLS]", "bird", "[SEP]"));
    assertThat(IntStream.range(0, 4).map(out::row)).containsExactly(0, 0, 0, 1);
    assertThat(IntStream.range(0, out.outcomes().size()).filter(out::isChunked)).containsExactly(0);
    assertThat(out.outcomes().tokens(0)).isEqualTo(13);
    assertThat(out.outcomes().isTruncated(0)).isFalse();
  }

  @Test
  void neighbouringChunksShareTheOverlapAndNoneIsPartOfAnother() {
    tokenize(
        Map.of("maxTokens", "5", "longText", "chunk", "chunkOverlap", "2"), "the dog sees old cat");

    assertThat(sequences())
        .containsExactly(
            ids("[CLS]", "the", "dog", "sees", "[SEP]"),
            ids("[CLS]", "dog", "sees", "old", "[SEP]"),
            ids("[CLS]", "sees", "old", "cat", "[SEP]"));
  }

  @Test
  void chunksOfAVocabularyWithoutSpecialTokensAreCutEverywhere() {
    tokenize(bytePair, Map.of("maxTokens", "2", "longText", "chunk"), "vwxyz");

    assertThat(sequences()).containsExactly(List.of(21, 22), List.of(23, 24), List.of(25));
  }

  @Test
  void thePrefixPrecedesEachTextAndCountsAsTokens() {
    tokenize(Map.of("prefix", "query: ", "maxTokens", "5"), "dog", "dog cat", "", null);

    assertThat(sequences())
        .containsExactly(
            ids("[CLS]", "query", ":", "dog", "[SEP]"),
            ids("[CLS]", "query", ":", "dog", "[SEP]"),
            ids("[CLS]", "query", ":", "[SEP]"));
    assertThat(out.outcomes().isTruncated(0)).isFalse();
    assertThat(out.outcomes().isTruncated(1)).isTrue();
  }

  @Test
  void thePromptOfTheRolePrecedesEachTextAsAPrefixDoes() throws IOException {
    Path file =
        ChangedModel.with(
            TinyModel.wordPiece(dir),
            dir.resolve("prompts.gguf"),
            "embark.prompt.query",
            GgufValue.string("query: "));
    try (LlamaModel prompts = ModelLoader.load(file, ModelOptions.cpu())) {
      tokenize(prompts, Map.of("role", "query", "maxTokens", "5"), "dog", "dog cat");
      assertThat(sequences())
          .containsExactly(
              ids("[CLS]", "query", ":", "dog", "[SEP]"),
              ids("[CLS]", "query", ":", "dog", "[SEP]"));

      tokenize(prompts, Map.of("role", "document"), "dog");
      assertThat(sequences()).containsExactly(ids("[CLS]", "dog", "[SEP]"));

      tokenize(prompts, Map.of("role", "query", "prefix", "the "), "dog");
      assertThat(sequences()).containsExactly(ids("[CLS]", "the", "dog", "[SEP]"));
    }
  }

  @Test
  void aLongPromptOfTheFileIsReadWhole() throws IOException {
    String prompt = "the dog sees the old cat ".repeat(400);
    Path file =
        ChangedModel.with(
            TinyModel.wordPiece(dir),
            dir.resolve("long.gguf"),
            "embark.prompt.query",
            GgufValue.string(prompt));
    try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu())) {
      assertThat(model.metadata("embark.prompt.query")).contains(prompt);
    }
  }

  @Test
  void thePrefixComesBeforeEachChunkAndCountsEachTime() {
    tokenize(
        Map.of("prefix", "query: ", "maxTokens", "7", "longText", "chunk", "chunkOverlap", "1"),
        "the dog sees the old cat",
        "bird");

    assertThat(sequences())
        .containsExactly(
            ids("[CLS]", "query", ":", "the", "dog", "sees", "[SEP]"),
            ids("[CLS]", "query", ":", "sees", "the", "old", "[SEP]"),
            ids("[CLS]", "query", ":", "old", "cat", "[SEP]"),
            ids("[CLS]", "query", ":", "bird", "[SEP]"));
    assertThat(out.outcomes().tokens(0)).isEqualTo(20);
  }

  @Test
  void thePrefixComesBeforeEachChunkWithoutSpecialTokensToo() {
    // 26 is "ab", of the end of the prefix and the start of the text.
    tokenize(
        bytePair, Map.of("prefix", "za", "maxTokens", "4", "longText", "chunk"), "bcdef", "cdefg");

    assertThat(sequences())
        .containsExactly(
            List.of(25, 26, 2),
            List.of(25, 0, 3, 4),
            List.of(25, 0, 5),
            List.of(25, 0, 2, 3),
            List.of(25, 0, 4, 5),
            List.of(25, 0, 6));
  }

  @Test
  void aPrefixThatLeavesAChunkNoTextIsRefused() {
    Map<String, String> fits =
        Map.of("prefix", "query: ", "longText", "chunk", "maxTokens", "6", "chunkOverlap", "1");
    Map<String, String> full =
        Map.of("prefix", "query: ", "longText", "chunk", "maxTokens", "4", "chunkOverlap", "0");

    tokenize(fits, "the old cat");
    assertThat(sequences())
        .containsExactly(
            ids("[CLS]", "query", ":", "the", "old", "[SEP]"),
            ids("[CLS]", "query", ":", "old", "cat", "[SEP]"));
    assertThatThrownBy(() -> new Tokenizer(wordPiece, EmbedOptions.of(full)))
        .isInstanceOfSatisfying(
            EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.OPTION))
        .hasMessage(
            "chunkOverlap is 0, but a chunk of maxTokens=4 has room for 0 tokens of text behind the"
                + " 2 of the prefix; make chunkOverlap or the prefix smaller or maxTokens larger.");
  }

  @Test
  void aWindowOfManyLongTextsKeepsEachApart() {
    Random random = new Random(3);
    String[] texts =
        IntStream.range(0, 300)
            .mapToObj(i -> TinyModel.words(random, i % 62))
            .toArray(String[]::new);
    tokenize(Map.of(), texts);

    assertThat(out.sequences()).isEqualTo(300);
    for (int row = 0; row < texts.length; row++) {
      List<Integer> sequence = sequences().get(row);
      assertThat(sequence.subList(1, sequence.size() - 1)).isEqualTo(words(texts[row]));
    }
    assertThat(out.size()).isEqualTo(IntStream.of(out.lengths()).sum());
  }

  @Test
  void aSecondWindowStartsAnew() {
    tokenize(Map.of(), "dog cat", "house");
    tokenize(Map.of(), "river");

    assertThat(sequences()).containsExactly(ids("[CLS]", "river", "[SEP]"));
    assertThat(out.outcomes().size()).isEqualTo(1);
  }

  @Test
  void maxTokensAboveTheContextIsRefused() {
    assertThatThrownBy(() -> new Tokenizer(wordPiece, EmbedOptions.of(Map.of("maxTokens", "65"))))
        .isInstanceOfSatisfying(
            EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.OPTION))
        .hasMessage("maxTokens is 65, but the model's context is 64 tokens.");
    assertThat(new Tokenizer(wordPiece, EmbedOptions.of(Map.of("maxTokens", "64"))).maxTokens())
        .isEqualTo(64);
  }

  @ParameterizedTest
  @CsvSource({"5, 3, 3", "64, 62, 62", "2, 0, 0"})
  void anOverlapThatLeavesAChunkNothingOfItsOwnIsRefused(
      String maxTokens, String overlap, String room) {
    Map<String, String> options =
        Map.of("longText", "chunk", "maxTokens", maxTokens, "chunkOverlap", overlap);

    assertThatThrownBy(() -> new Tokenizer(wordPiece, EmbedOptions.of(options)))
        .isInstanceOfSatisfying(
            EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.OPTION))
        .hasMessageContaining("chunkOverlap is " + overlap)
        .hasMessageContaining("room for " + room + " tokens");
  }

  @Test
  void theRoomOfAChunkIsThatOfTheVocabulary() {
    Map<String, String> options =
        Map.of("longText", "chunk", "maxTokens", "5", "chunkOverlap", "4");

    assertThatThrownBy(() -> new Tokenizer(wordPiece, EmbedOptions.of(options)))
        .isInstanceOf(EmbarkException.class);
    tokenize(bytePair, options, "uvwxyz");
    assertThat(sequences())
        .containsExactly(List.of(20, 21, 22, 23, 24), List.of(21, 22, 23, 24, 25));
  }

  private void tokenize(Map<String, String> options, String... texts) {
    tokenize(wordPiece, options, texts);
  }

  private void tokenize(LlamaModel model, Map<String, String> options, String... texts) {
    new Tokenizer(model, EmbedOptions.of(options)).tokenize(Embedded.utf8(texts), out, () -> false);
  }

  /** Ids of each sequence. */
  private List<List<Integer>> sequences() {
    return IntStream.range(0, out.sequences())
        .mapToObj(
            s ->
                IntStream.range(0, out.length(s))
                    .mapToObj(i -> out.ids().get(out.offset(s) + i))
                    .toList())
        .toList();
  }

  private static List<Integer> words(String text) {
    return text.isEmpty() ? List.of() : ids(text.split(" "));
  }

  /** Ids of tokens in BERT's own spelling. */
  private static List<Integer> ids(String... tokens) {
    return Arrays.stream(tokens).map(TinyModel::id).toList();
  }
}
