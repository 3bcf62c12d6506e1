package dev.embark.engine.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.engine.TinyKind;
import dev.embark.engine.model.ChangedModel;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.gguf.GgufHeader;
import dev.embark.gguf.GgufValue;
import dev.embark.gguf.GgufValueType;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import dev.embark.llama.TokenizedTexts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Texts that are tokenised in parts have the tokens of the whole. */
class SentencePieceCutsTest {
  private static final long USER_DEFINED = 4;
  private static final int WHOLE = Integer.MAX_VALUE;
  private static final String[] PARTS = {
    "dog",
    "the",
    "th",
    "og",
    " the",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\t ",
    "!",
    "?",
    "!?",
    "a",
    "zz",
    "7",
    "▁",
    "▁the",
    "\u4f60",
    "\u597d",
    "\ud83d\ude00",
    "é",
    "a dog",
    "<bos>",
    "\u00a0",
    "\0"
  };

  @TempDir Path dir;

  /** Vocabularies that differ in what makes a cut wrong. */
  enum Kinds {
    PLAIN(Map.of(), List.of()),
    SPACE_BEFORE(Map.of(), List.of()),
    NO_SPACE_TOKEN(Map.of("▁", "zzz"), List.of()),
    TOKENS_ACROSS_SPACES(Map.of("th", "g▁", "og", "▁▁", "q", "a▁d", "w", "▁!"), List.of()),
    TOKENS_OF_SIGNS(Map.of("q", "!?", "w", "\u4f60\u597d", "x", "?!"), List.of()),
    USER_DEFINED_TOKENS(Map.of("q", "\n\n", "w", "\n"), List.of("\n\n", "dog", "\n", "7")),
    OTHER_ENDS(Map.of(), List.of());

    private final Map<String, String> replaced;
    private final List<String> userDefined;

    Kinds(Map<String, String> replaced, List<String> userDefined) {
      this.replaced = replaced;
      this.userDefined = userDefined;
    }

    /** All but the first put a space before texts; one has no closing token, one no opening one. */
    LlamaModel load(Path dir) throws IOException {
      Path file = TinyKind.GEMMA_EMBEDDING.write(dir);
      GgufHeader header = GgufHeader.read(file);
      List<Object> tokens = new ArrayList<>(list(header, "tokens"));
      tokens.replaceAll(token -> replaced.getOrDefault(token.toString(), token.toString()));
      List<Object> types = new ArrayList<>(list(header, "token_type"));
      userDefined.forEach(token -> types.set(tokens.indexOf(token), USER_DEFINED));
      return ModelLoader.load(
          changed(
              file,
              Map.of(
                  "tokens", GgufValue.array(GgufValueType.STRING, tokens),
                  "token_type", GgufValue.array(GgufValueType.INT32, types),
                  "add_space_prefix", GgufValue.bool(this != PLAIN),
                  "add_eos_token", GgufValue.bool(this != SPACE_BEFORE),
                  "add_bos_token", GgufValue.bool(this != OTHER_ENDS))),
          ModelOptions.cpu());
    }

    private static List<?> list(GgufHeader header, String key) {
      return (List<?>) header.get("tokenizer.ggml." + key).orElseThrow().value();
    }

    private static Path changed(Path file, Map<String, GgufValue> values) throws IOException {
      Path last = file;
      for (Map.Entry<String, GgufValue> value : values.entrySet()) {
        last =
            ChangedModel.with(
                last,
                file.resolveSibling(value.getKey() + ".gguf"),
                "tokenizer.ggml." + value.getKey(),
                value.getValue());
      }
      return last;
    }
  }

  @ParameterizedTest
  @EnumSource
  void partsHaveTheTokensOfTheWhole(Kinds kind) throws IOException {
    try (LlamaModel model = kind.load(dir)) {
      Random random = new Random(60);
      int parts = 0;
      for (int i = 0; i < 300; i++) {
        byte[] text = text(random, 1 + random.nextInt(200));
        int[] whole = ids(model, text, WHOLE, WHOLE);
        assertThat(ids(model, text, 1 + random.nextInt(20), WHOLE)).isEqualTo(whole);
        parts += parts(model, text, 1).size();
      }
      // Each with a few parts at least, or nothing was shown.
      assertThat(parts).isGreaterThan(3000);
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "SPACE_BEFORE")
  void aSufficientPrefixHasTheTokensAndTheEndOfTheWhole(Kinds kind) throws IOException {
    try (LlamaModel model = kind.load(dir)) {
      byte[] text = text(new Random(61), 2000);
      int[] whole = ids(model, text, WHOLE, WHOLE);
      int[] head = ids(model, text, 30, 100);

      assertThat(head).hasSizeBetween(100, 250);
      assertThat(Arrays.copyOf(head, 100)).isEqualTo(Arrays.copyOf(whole, 100));
      assertThat(head[head.length - 1]).isEqualTo(whole[whole.length - 1]);
    }
  }

  @Test
  void partsOfTextsWithoutTokensAreSmall() throws IOException {
    try (LlamaModel model = Kinds.SPACE_BEFORE.load(dir)) {
      for (byte[] text :
          List.of(utf8("!?".repeat(1 << 19)), utf8("\ud83d\ude00".repeat(1 << 18)))) {
        List<SentencePieceCuts.Part> parts = parts(model, text, SentencePieceCuts.MIN_BYTES);
        assertThat(parts).hasSize(128).allMatch(part -> part.end() - part.start() == 8192);
      }
    }
  }

  @Test
  void aStretchThatCannotBeCutAndTakesLongIsAnErrorOfItsRow() throws IOException {
    try (LlamaModel model = Kinds.TOKENS_OF_SIGNS.load(dir)) {
      SentencePieceCuts cuts = SentencePieceCuts.of(model);
      assertThatThrownBy(() -> cuts.next(utf8("!?".repeat(50_000)), 0, 8192))
          .isInstanceOfSatisfying(
              EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.TOO_LONG))
          .hasMessageContaining("more than 32769 bytes");
      // Known characters cost nothing, and are tokenised at one go.
      assertThat(cuts.next(utf8("the".repeat(50_000)), 0, 8192).end()).isEqualTo(150_000);
    }
  }

  @Test
  void bytesThatAreNotUtf8AreNotCutAndAreAnErrorWhenTheyAreMany() throws IOException {
    try (LlamaModel model = Kinds.PLAIN.load(dir)) {
      byte[] broken = utf8("!?".repeat(60_000));
      broken[9001] = (byte) 0xC3;
      SentencePieceCuts cuts = SentencePieceCuts.of(model);
      assertThat(cuts.next(broken, 0, 8192).end()).isEqualTo(8192);
      assertThatThrownBy(() -> cuts.next(broken, 8192, 8192))
          .isInstanceOfSatisfying(
              EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.NOT_TEXT));

      byte[] few = Arrays.copyOf(broken, 20_000);
      assertThat(ids(model, few, 8192, WHOLE)).isEqualTo(ids(model, few, WHOLE, WHOLE));
    }
  }

  @Test
  void everyBrokenByteSequenceHasTheTokensOfTheWhole() throws IOException {
    try (LlamaModel model = Kinds.SPACE_BEFORE.load(dir)) {
      HostileTexts.of(62, 600).stream()
          .filter(text -> text.length > 0)
          .forEach(
              text ->
                  assertThat(ids(model, text, 1, WHOLE)).isEqualTo(ids(model, text, WHOLE, WHOLE)));
    }
  }

  @Test
  void cancellingReachesTheInsideOfALongText() throws IOException {
    try (LlamaModel model = Kinds.PLAIN.load(dir);
        TokenizedTexts texts = new TokenizedTexts()) {
      AtomicInteger asked = new AtomicInteger();
      Tokenizer tokenizer =
          new Tokenizer(model, EmbedOptions.of(Map.of("longText", "chunk", "maxTokens", "64")));
      List<byte[]> window = List.of(utf8("!?".repeat(1 << 19)));

      assertThatThrownBy(
              () -> tokenizer.tokenize(window, texts, () -> asked.incrementAndGet() == 5))
          .isInstanceOfSatisfying(
              EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CANCELLED));
      assertThat(asked).hasValue(5);
    }
  }

  private static List<SentencePieceCuts.Part> parts(LlamaModel model, byte[] text, int minBytes) {
    List<SentencePieceCuts.Part> parts = new ArrayList<>();
    for (int from = 0; from < text.length; from = parts.get(parts.size() - 1).end()) {
      parts.add(SentencePieceCuts.of(model).next(text, from, minBytes));
    }
    return parts;
  }

  private static int[] ids(LlamaModel model, byte[] text, int partBytes, int enough) {
    try (TokenizedTexts out = new TokenizedTexts()) {
      out.clear(1);
      int[] ids =
          new int
              [new Vocabulary(model, partBytes).write(text, text.length, out, enough, () -> false)];
      out.ids().get(ids);
      return ids;
    }
  }

  private static byte[] text(Random random, int parts) {
    return utf8(
        Stream.generate(() -> PARTS[random.nextInt(PARTS.length)])
            .limit(parts)
            .reduce("", String::concat));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
