package dev.embark.engine.chunks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.engine.Embedded;
import dev.embark.engine.TinyKind;
import dev.embark.engine.TinyModel;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.ChunkOptions;
import dev.embark.engine.options.ChunkOptions.Boundary;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.engine.text.HostileTexts;
import dev.embark.engine.text.Tokenizer;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import dev.embark.llama.TokenizedTexts;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
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
import org.junit.jupiter.params.provider.EnumSource;

class ChunkTokenizerTest {
  private static final int MAX_CHUNKS = 1 << 20;

  @TempDir static Path dir;
  private static LlamaModel wordPiece;
  private static LlamaModel bytePair; // no special tokens, few known characters
  private static LlamaModel sentencePiece; // a token per byte of unknown characters

  private static LlamaModel nomic;

  private final TokenizedTexts out = new TokenizedTexts();

  @BeforeAll
  static void open() throws IOException {
    wordPiece = ModelLoader.load(TinyModel.wordPiece(dir), ModelOptions.cpu());
    nomic = ModelLoader.load(TinyKind.NOMIC_BERT.write(dir), ModelOptions.cpu());
    bytePair = ModelLoader.load(TinyModel.bytePair(dir), ModelOptions.cpu());
    sentencePiece = ModelLoader.load(TinyKind.GEMMA_EMBEDDING.write(dir), ModelOptions.cpu());
  }

  @AfterAll
  static void closeModels() {
    wordPiece.close();
    nomic.close();
    bytePair.close();
    sentencePiece.close();
  }

  @AfterEach
  void close() {
    out.close();
  }

  @Test
  void eachChunkHasPromptAndSpecialTokensAndIsCounted() {
    TextChunks chunks =
        tokenize(
            wordPiece,
            Map.of("chunkTokens", "7", "prefix", "query: "),
            "The dog sees. The old cat sings.",
            null,
            "moon");

    assertThat(texts(chunks, 0, "The dog sees. The old cat sings."))
        .containsExactly("The dog", "sees.", "The old cat", "sings.");
    assertThat(chunks.count(1)).isZero();
    assertThat(texts(chunks, 2, "moon")).containsExactly("moon");
    assertThat(chunks.begin(1)).isEqualTo(8);
    assertThat(chunks.end(1)).isEqualTo(13);
    assertThat(chunks.tokens(1)).isEqualTo(6);
    assertThat(out.copy(1))
        .containsExactly(
            Arrays.stream(new String[] {"[CLS]", "query", ":", "sees", ".", "[SEP]"})
                .mapToInt(TinyModel::id)
                .toArray());
    assertThat(chunks.tokensOfRow(0)).isEqualTo(6 + 6 + 7 + 6);
    assertThat(out.outcomes().tokens(0)).isEqualTo(chunks.tokensOfRow(0));
  }

  @Test
  void withoutChunkTokensTheContextIsTheLimit() {
    String text = TinyModel.words(new Random(1), 100);

    TextChunks chunks = tokenize(wordPiece, Map.of(), text);

    assertThat(chunks.count(0)).isEqualTo(2);
    assertThat(chunks.tokens(0)).isEqualTo(TinyModel.CONTEXT);
    assertThat(chunks.tokens(1)).isEqualTo(100 - TinyModel.CONTEXT + 4);
  }

  @Test
  void equalChunksAreComputedOnce() {
    TextChunks chunks =
        tokenize(wordPiece, Map.of("chunkTokens", "5"), "the dog. the dog. a cat.", "a cat.");

    assertThat(texts(chunks, 0, "the dog. the dog. a cat."))
        .containsExactly("the dog.", "the dog.", "a cat.");
    assertThat(IntStream.range(0, chunks.size()).map(chunks::vector)).containsExactly(0, 0, 1, 1);
    assertThat(out.sequences()).isEqualTo(2);
    assertThat(chunks.tokensOfRow(0)).isEqualTo(15);
    assertThat(out.outcomes().tokens(0)).isEqualTo(10);
    assertThat(out.outcomes().tokens(1)).isZero();
  }

  @Test
  void emptyAndBlankTextsAreOneChunkUnlessTheyHaveNoToken() {
    TextChunks chunks = tokenize(wordPiece, Map.of("chunkTokens", "8"), "", " \n ");

    assertThat(chunks.count(0)).isOne();
    assertThat(chunks.end(0)).isZero();
    assertThat(chunks.tokens(0)).isEqualTo(2);
    assertThat(chunks.end(1)).isEqualTo(3);

    chunks = tokenize(bytePair, Map.of("chunkTokens", "8"), "", "abc");
    assertThat(chunks.count(0)).isZero();
    assertThat(out.outcomes().error(0).kind()).isEqualTo(Kind.EMPTY);
    assertThat(chunks.count(1)).isOne();
  }

  @Test
  void chunksThatAreReadTogetherArePartsOfOneSequence() {
    String text = "The dog sees. The old cat sings.";
    TextChunks chunks =
        tokenize(
            wordPiece,
            Map.of("chunkTokens", "7", "prefix", "query: ", "lateChunking", "true"),
            text,
            "moon");

    assertThat(texts(chunks, 0, text)).containsExactly("The dog", "sees.", "The old cat", "sings.");
    assertThat(out.sequences()).isEqualTo(2);
    assertThat(out.copy(0))
        .containsExactly(
            Arrays.stream("[CLS] query : the dog sees . the old cat sings . [SEP]".split(" "))
                .mapToInt(TinyModel::id)
                .toArray());
    assertThat(out.parts(0)).containsExactly(0, 5, 5, 7, 7, 10, 10, 13);
    assertThat(out.parts(1)).isEmpty();
    assertThat(IntStream.range(0, 5).map(chunks::tokens)).containsExactly(5, 2, 3, 3, 5);
    assertThat(IntStream.range(0, 5).map(chunks::vector)).containsExactly(0, 1, 2, 3, 4);
    assertThat(out.outcomes().tokens(0)).isEqualTo(13);
    assertThat(out.outcomes().tokens(1)).isEqualTo(5);
  }

  @Test
  void textThatChunksShareIsReadOnce() {
    String text = "the dog sees over the old house under the moon";
    TextChunks chunks =
        tokenize(
            wordPiece,
            Map.of("chunkTokens", "6", "chunkOverlap", "2", "lateChunking", "true"),
            text);

    assertThat(texts(chunks, 0, text))
        .containsExactly("the dog sees over", "sees over the old", "house under the moon");
    assertThat(out.sequences()).isOne();
    assertThat(out.length(0)).isEqualTo(12);
    assertThat(out.parts(0)).containsExactly(0, 5, 3, 7, 7, 12);
  }

  /** The model's context is 64 tokens, an eighth of it 8. */
  @Test
  void aTextLongerThanTheContextIsReadInSequencesThatRepeatTheLastChunksAsContext() {
    String[] words = TinyModel.words(new Random(2), 100).split(" ");
    Map<String, String> options = Map.of("chunkTokens", "7", "lateChunking", "true");

    TextChunks chunks = tokenize(wordPiece, options, String.join(" ", words));

    // Chunks of 5 words. 12 of them are 62 tokens, and one is repeated.
    assertThat(chunks.count(0)).isEqualTo(20);
    assertThat(IntStream.range(0, 20).map(chunks::tokens))
        .containsExactly(6, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 6, 5, 5, 5, 5, 5, 5, 5, 6);
    assertThat(IntStream.range(0, 20).map(chunks::vector))
        .containsExactlyElementsOf(IntStream.range(0, 20).boxed().toList());
    assertThat(out.lengths()).containsExactly(62, 47);
    assertThat(out.copy(1)[1]).isEqualTo(TinyModel.id(words[55]));
    assertThat(out.parts(1)[0]).isEqualTo(6);
    assertThat(out.outcomes().tokens(0)).isEqualTo(62 + 47);

    // A chunk as long as the context leaves no room for another.
    tokenize(wordPiece, Map.of("lateChunking", "true"), String.join(" ", words));
    assertThat(out.lengths()).containsExactly(64, 40);
    assertThat(out.parts(0)).isEmpty();
    assertThat(out.parts(1)).isEmpty();
  }

  /** A batch has at most 256 sequences, and a context of 64 tokens has 64. */
  @Test
  void aSequenceHasNoMorePartsThanABatchHasSequences() {
    String text = TinyModel.words(new Random(3), 600);
    Map<String, String> options = Map.of("chunkTokens", "3", "lateChunking", "true");

    for (LlamaModel model : List.of(wordPiece, nomic)) {
      TextChunks chunks = tokenize(model, options, text);

      assertThat(chunks.count(0)).isEqualTo(600);
      assertThat(Arrays.stream(out.places()).max()).hasValue(model == nomic ? 256 : 63);
      assertThat(Arrays.stream(out.lengths()).max().getAsInt()).isLessThan(330);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "65 | 0 | '' | chunkTokens is 65, but the model's context is 64 tokens.",
        "2 | 0 | '' | chunkTokens is 2, but the prompt and the special tokens of a chunk are 2"
            + " tokens; make chunkTokens larger or the prompt shorter.",
        "4 | 0 | 'query: ' | chunkTokens is 4, but the prompt and the special tokens of a chunk are"
            + " 4 tokens; make chunkTokens larger or the prompt shorter.",
        "6 | 4 | '' | chunkOverlap is 4, but a chunk of chunkTokens=6 has room for 4 tokens of"
            + " text; make chunkOverlap smaller or chunkTokens larger.",
      })
  void valuesWithoutRoomAreRefusedBeforeAnyText(
      String chunkTokens, String overlap, String prefix, String message) {
    ChunkOptions options =
        ChunkOptions.of(
            Map.of("chunkTokens", chunkTokens, "chunkOverlap", overlap, "prefix", prefix));

    assertThatThrownBy(() -> new ChunkTokenizer(wordPiece, options, MAX_CHUNKS))
        .isInstanceOfSatisfying(
            EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.OPTION))
        .hasMessage(message);
  }

  @Test
  void aRowThatFailsLeavesTheOthersAsTheyAre() {
    TextChunks chunks =
        tokenize(sentencePiece, Map.of("chunkTokens", "5"), "the", "the \ud83d\ude00 dog", "dog");

    assertThat(out.outcomes().error(1))
        .hasMessageContaining("A single character of the text needs a chunk of 6 tokens");
    assertThat(chunks.count(1)).isZero();
    assertThat(texts(chunks, 0, "the")).containsExactly("the");
    assertThat(texts(chunks, 2, "dog")).containsExactly("dog");
    assertThat(out.sequences()).isEqualTo(2);
  }

  @Test
  void aTextWithTooManyChunksFailsAlone() {
    TextChunks chunks =
        new ChunkTokenizer(wordPiece, ChunkOptions.of(Map.of("chunkTokens", "3")), 3)
            .tokenize(Embedded.utf8("dog cat", "a b c d", "sun"), out, () -> false);

    assertThat(out.outcomes().error(1).kind()).isEqualTo(Kind.TOO_LONG);
    assertThat(IntStream.range(0, 3).map(chunks::count)).containsExactly(2, 0, 1);
  }

  /** Any bytes, in each vocabulary: nothing is lost, nothing is longer than allowed. */
  @ParameterizedTest
  @EnumSource(Boundary.class)
  void anyTextIsCutIntoChunksThatHaveAllOfIt(Boundary boundary) {
    List<byte[]> texts = HostileTexts.of(boundary.ordinal(), 36);
    for (LlamaModel model : List.of(wordPiece, bytePair, sentencePiece)) {
      for (int overlap : new int[] {0, 3}) {
        Map<String, String> options =
            Map.of(
                "chunkTokens", "9",
                "chunkOverlap", Integer.toString(overlap),
                "chunkBoundary", boundary.toString());
        TextChunks chunks =
            new ChunkTokenizer(model, ChunkOptions.of(options), MAX_CHUNKS)
                .tokenize(texts, out, () -> false);
        try (TokenizedTexts alone = new TokenizedTexts()) {
          Tokenizer tokenizer = new Tokenizer(model, EmbedOptions.defaults());
          for (int row = 0; row < texts.size(); row++) {
            if (out.outcomes().error(row) == null) {
              check(chunks, row, texts.get(row), overlap == 0);
              tokenizer.tokenize(bytes(chunks, row, texts.get(row)), alone, () -> false);
              for (int i = 0; i < chunks.count(row); i++) {
                int chunk = chunks.first(row) + i;
                assertThat(chunks.tokens(chunk)).isEqualTo(alone.length(i)).isBetween(1, 9);
                assertThat(out.copy(chunks.vector(chunk))).isEqualTo(alone.copy(i));
              }
            } else {
              assertThat(out.outcomes().error(row).kind()).isEqualTo(Kind.EMPTY);
              assertThat(model).isSameAs(bytePair);
            }
          }
        }
      }
    }
  }

  /** The same chunks, each of which has tokens of its own in a sequence that fits. */
  @ParameterizedTest
  @EnumSource(Boundary.class)
  void anyTextHasTheSameChunksIfTheyAreReadTogether(Boundary boundary) {
    List<byte[]> texts = HostileTexts.of(boundary.ordinal() + 10, 36);
    for (LlamaModel model : List.of(wordPiece, bytePair, sentencePiece)) {
      for (int overlap : new int[] {0, 3}) {
        Map<String, String> options =
            Map.of(
                "chunkTokens", "9",
                "chunkOverlap", Integer.toString(overlap),
                "chunkBoundary", boundary.toString());
        List<String> expected = places(model, options, texts, "false");
        assertThat(places(model, options, texts, "true")).isEqualTo(expected);

        int vectors = 0;
        for (int sequence = 0; sequence < out.sequences(); sequence++) {
          int length = out.length(sequence);
          assertThat(length).isBetween(1, model.trainedContext());
          int[] parts = out.parts(sequence);
          for (int i = 0; i < parts.length; i += 2) {
            assertThat(parts[i + 1]).isBetween(parts[i] + 1, length);
            assertThat(i == 0 || parts[i] >= parts[i - 2] && parts[i + 1] >= parts[i - 1]).isTrue();
            assertThat(overlap > 0 || i == 0 || parts[i] == parts[i - 1]).isTrue();
          }
          assertThat(out.firstOutput(sequence)).isEqualTo(vectors);
          vectors += out.outputs(sequence);
        }
        assertThat(out.outputs()).isEqualTo(vectors);
      }
    }
  }

  /** Row, begin and end of each chunk, and rows that failed. */
  private List<String> places(
      LlamaModel model, Map<String, String> options, List<byte[]> texts, String late) {
    Map<String, String> all = new HashMap<>(options);
    all.put("lateChunking", late);
    TextChunks chunks =
        new ChunkTokenizer(model, ChunkOptions.of(all), MAX_CHUNKS)
            .tokenize(texts, out, () -> false);
    List<String> places = new ArrayList<>();
    for (int row = 0; row < texts.size(); row++) {
      places.add(row + " " + out.outcomes().error(row));
      for (int i = chunks.first(row); i < chunks.first(row) + chunks.count(row); i++) {
        places.add(chunks.begin(i) + "-" + chunks.end(i));
        assertThat(chunks.tokens(i)).isPositive();
        assertThat(chunks.vector(i)).isLessThan(out.outputs());
      }
    }
    return places;
  }

  private static void check(TextChunks chunks, int row, byte[] text, boolean concatenates) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    int first = chunks.first(row);
    for (int i = first; i < first + chunks.count(row); i++) {
      assertThat(chunks.utf8(i, text)).isEqualTo(substring(text, chunks.begin(i), chunks.end(i)));
      if (i > first) {
        assertThat(chunks.begin(i)).isGreaterThan(chunks.begin(i - 1));
        assertThat(chunks.end(i)).isGreaterThan(chunks.end(i - 1));
        if (chunks.begin(i) > chunks.end(i - 1)) {
          byte[] between = substring(text, chunks.end(i - 1), chunks.begin(i));
          assertThat(concatenates || isWhite(between)).isTrue();
          assertThat(isWhite(between)).isTrue();
          all.writeBytes(between);
        }
      } else {
        byte[] before = substring(text, 0, chunks.begin(i));
        assertThat(isWhite(before)).isTrue();
        all.writeBytes(before);
      }
      all.writeBytes(chunks.utf8(i, text));
    }
    byte[] after = substring(text, chunks.end(first + chunks.count(row) - 1), text.length);
    assertThat(isWhite(after)).isTrue();
    all.writeBytes(after);
    if (concatenates) {
      assertThat(all.toByteArray()).isEqualTo(text);
    }
  }

  private static boolean isWhite(byte[] utf8) {
    return new String(utf8, StandardCharsets.UTF_8)
        .codePoints()
        .allMatch(c -> Character.isWhitespace(c) || Character.isSpaceChar(c) || c == 0x85);
  }

  /** As Spark's UTF8String counts characters: by the first byte of each. */
  private static byte[] substring(byte[] utf8, int begin, int end) {
    int at = 0;
    int from = -1;
    int character = 0;
    while (at < utf8.length && character < end) {
      from = character == begin ? at : from;
      int lead = utf8[at] & 0xFF;
      at += lead < 0xC2 || lead > 0xF4 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
      character++;
    }
    return from < 0 ? new byte[0] : Arrays.copyOfRange(utf8, from, Math.min(at, utf8.length));
  }

  private TextChunks tokenize(LlamaModel model, Map<String, String> options, String... texts) {
    return new ChunkTokenizer(model, ChunkOptions.of(options), MAX_CHUNKS)
        .tokenize(Embedded.utf8(texts), out, () -> false);
  }

  private static List<String> texts(TextChunks chunks, int row, String text) {
    return bytes(chunks, row, text.getBytes(StandardCharsets.UTF_8)).stream()
        .map(utf8 -> new String(utf8, StandardCharsets.UTF_8))
        .toList();
  }

  private static List<byte[]> bytes(TextChunks chunks, int row, byte[] text) {
    List<byte[]> bytes = new ArrayList<>();
    for (int i = chunks.first(row); i < chunks.first(row) + chunks.count(row); i++) {
      bytes.add(chunks.utf8(i, text));
    }
    return bytes;
  }
}
