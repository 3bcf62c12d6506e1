package dev.embark.engine.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class EmbedOptionsTest {

  private static final String SHA256 = "0123456789abcdef".repeat(4);

  @Test
  void withNothingSetTheDefaultsHold() {
    EmbedOptions options = EmbedOptions.defaults();

    assertThat(options.model()).startsWith("classpath:").endsWith(".gguf");
    assertThat(options.modelSha256()).isEmpty();
    assertThat(options.prefix()).isEmpty();
    assertThat(options.maxTokens()).isEmpty();
    assertThat(options.longText()).isEqualTo(LongText.TRUNCATE);
    assertThat(options.chunkOverlap()).isZero();
    assertThat(options.pooling()).isEqualTo(Pooling.MODEL);
    assertThat(options.normalize()).isEqualTo(Normalization.L2);
    assertThat(options.output()).isEqualTo(VectorType.FLOAT);
    assertThat(options.dimensions()).isEmpty();
    assertThat(options.mode()).isEqualTo(ErrorMode.PERMISSIVE);
    assertThat(options.batchTokens()).isEmpty();
    assertThat(options.asMap()).isEmpty();
  }

  @Test
  void everyOptionIsRead() {
    EmbedOptions options =
        EmbedOptions.of(
            Map.ofEntries(
                Map.entry("model", "/models/a.gguf"),
                Map.entry("modelSha256", SHA256.toUpperCase(Locale.ROOT)),
                Map.entry("prefix", " query: "),
                Map.entry("maxTokens", "128"),
                Map.entry("longText", "chunk"),
                Map.entry("chunkOverlap", "16"),
                Map.entry("pooling", "cls"),
                Map.entry("normalize", "p:3"),
                Map.entry("dimensions", "64"),
                Map.entry("mode", "failfast"),
                Map.entry("batchTokens", "1024")));

    assertThat(options.model()).isEqualTo("/models/a.gguf");
    assertThat(options.modelSha256()).contains(SHA256);
    assertThat(options.prefix()).contains(" query: ");
    assertThat(options.maxTokens()).hasValue(128);
    assertThat(options.longText()).isEqualTo(LongText.CHUNK);
    assertThat(options.chunkOverlap()).isEqualTo(16);
    assertThat(options.pooling()).isEqualTo(Pooling.CLS);
    assertThat(options.normalize()).isEqualTo(new Normalization(3));
    assertThat(options.dimensions()).hasValue(64);
    assertThat(options.mode()).isEqualTo(ErrorMode.FAILFAST);
    assertThat(options.batchTokens()).hasValue(1024);
    assertThat(options.asMap().keySet())
        .containsExactly(
            "batchTokens",
            "chunkOverlap",
            "dimensions",
            "longText",
            "maxTokens",
            "mode",
            "model",
            "modelSha256",
            "normalize",
            "pooling",
            "prefix");
  }

  @Test
  void optionsOfACallOverrideThoseOfTheSession() {
    EmbedOptions session = EmbedOptions.of(Map.of("pooling", "cls", "maxTokens", "64"));
    EmbedOptions call = session.with(Map.of("POOLING", "last"));

    assertThat(call.pooling()).isEqualTo(Pooling.LAST);
    assertThat(call.maxTokens()).hasValue(64);
    assertThat(session.pooling()).isEqualTo(Pooling.CLS);
  }

  @Test
  void aDefaultThatIsSetOverridesAnotherValue() {
    EmbedOptions session = EmbedOptions.of(Map.of("longText", "error"));

    assertThat(session.with(Map.of("longText", "truncate")).longText())
        .isEqualTo(LongText.TRUNCATE);
  }

  @ParameterizedTest
  @CsvSource({
    "LONGTEXT, ChUnK, longText, chunk",
    "longtext, ' chunk ', longText, chunk",
    "MODE, FailFast, mode, FAILFAST",
    "Pooling, MEAN, pooling, mean",
    "NORMALIZE, L1, normalize, l1",
    "Output, INT8, output, int8",
    "normalize, ' P:3 ', normalize, p:3",
    "maxtokens, ' 0064 ', maxTokens, 64",
    "MODEL, ' /a.gguf ', model, /a.gguf",
  })
  void keysAndWordsAreTakenInAnyCaseAndKeptInOneForm(
      String key, String value, String canonicalKey, String canonicalValue) {
    assertThat(EmbedOptions.of(Map.of(key, value)).asMap())
        .containsExactly(Map.entry(canonicalKey, canonicalValue));
  }

  @Test
  void keysAreFoundInEveryLocale() {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.forLanguageTag("tr"));
    try {
      EmbedOptions options = EmbedOptions.of(Map.of("DIMENSIONS", "3", "MODE", "PERMISSIVE"));
      assertThat(options.dimensions()).hasValue(3);
    } finally {
      Locale.setDefault(before);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "longTxt, longText",
    "poling, pooling",
    "normalise, normalize",
    "batch_tokens, batchTokens",
    "maxtoken, maxTokens",
    "model_sha_256, modelSha256",
  })
  void anUnknownKeyIsAnErrorWithTheNearestOne(String key, String nearest) {
    assertThatThrownBy(() -> EmbedOptions.of(Map.of(key, "1")))
        .isInstanceOfSatisfying(
            EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.OPTION))
        .hasMessageContaining("'" + key + "'")
        .hasMessageContaining("did you mean '" + nearest + "'?");
  }

  @Test
  void anUnknownKeyThatIsNearNoneListsThemAll() {
    assertThatThrownBy(() -> EmbedOptions.of(Map.of("temperature", "1")))
        .hasMessageNotContaining("did you mean")
        .hasMessageContaining("model, modelSha256, prefix, role, maxTokens");
  }

  @ParameterizedTest
  @CsvSource({
    "model, ''",
    "model, ' '",
    "modelSha256, ''",
    "modelSha256, abc",
    "modelSha256, zz23456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "maxTokens, 0",
    "batchTokens, 2000000000",
    "maxTokens, -1",
    "maxTokens, many",
    "maxTokens, ''",
    "maxTokens, 1.5",
    "maxTokens, 99999999999",
    "longText, cut",
    "longText, ''",
    "chunkOverlap, -1",
    "chunkOverlap, x",
    "pooling, rank",
    "normalize, l3",
    "normalize, p:2",
    "dimensions, 0",
    "mode, DROPMALFORMED",
    "batchTokens, 0",
    "batchTokens, auto",
  })
  void theErrorForABadValueListsTheValuesOfTheOption(String key, String value) {
    assertThatThrownBy(() -> EmbedOptions.of(Map.of(key, value)))
        .isInstanceOfSatisfying(
            EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.OPTION))
        .hasMessage(
            "The embed option %s cannot be '%s'; it takes %s.",
            key, value, EmbedOptions.defaults().option(key).takes());
  }

  @Test
  void aNullValueIsAnError() {
    Map<String, String> given = new HashMap<>();
    given.put("pooling", null);

    assertThatThrownBy(() -> EmbedOptions.of(given))
        .isInstanceOf(EmbarkException.class)
        .hasMessage("The embed option pooling cannot be NULL; it takes model, mean, cls, last.");
  }

  @Test
  void aKeyInTwoSpellingsIsAnError() {
    Map<String, String> given = new TreeMap<>(Map.of("pooling", "cls", "POOLING", "mean"));

    assertThatThrownBy(() -> EmbedOptions.of(given))
        .isInstanceOfSatisfying(
            EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.OPTION))
        .hasMessage("The embed option pooling is given twice.");
  }

  @Test
  void optionsAreEqualWhenTheyMeanTheSame() {
    EmbedOptions one = EmbedOptions.of(Map.of("POOLING", "CLS", "maxTokens", "064"));
    EmbedOptions two = EmbedOptions.of(Map.of("maxTokens", "64", "pooling", "cls"));

    assertThat(one).isEqualTo(two).hasSameHashCodeAs(two).hasToString(two.toString());
    assertThat(EmbedOptions.of(Map.of("longText", "TRUNCATE", "normalize", "L2")))
        .isEqualTo(EmbedOptions.defaults())
        .hasSameHashCodeAs(EmbedOptions.defaults());
  }

  @ParameterizedTest
  @EnumSource(EmbedOption.class)
  void optionsThatDifferInOneAreNotEqual(EmbedOption option) {
    Map<EmbedOption, String> others =
        Map.ofEntries(
            Map.entry(EmbedOption.MODEL, "/a.gguf"),
            Map.entry(EmbedOption.MODEL_SHA256, SHA256),
            Map.entry(EmbedOption.PREFIX, "query: "),
            Map.entry(EmbedOption.ROLE, "query"),
            Map.entry(EmbedOption.MAX_TOKENS, "7"),
            Map.entry(EmbedOption.LONG_TEXT, "chunk"),
            Map.entry(EmbedOption.CHUNK_OVERLAP, "1"),
            Map.entry(EmbedOption.CHUNK_TOKENS, "16"),
            Map.entry(EmbedOption.CHUNK_BOUNDARY, "token"),
            Map.entry(EmbedOption.CHUNK_LOCALE, "th"),
            Map.entry(EmbedOption.LATE_CHUNKING, "true"),
            Map.entry(EmbedOption.POOLING, "cls"),
            Map.entry(EmbedOption.NORMALIZE, "none"),
            Map.entry(EmbedOption.DIMENSIONS, "8"),
            Map.entry(EmbedOption.OUTPUT, "int8"),
            Map.entry(EmbedOption.MODE, "FAILFAST"),
            Map.entry(EmbedOption.ACCELERATOR, "off"),
            Map.entry(EmbedOption.PRECISION, "exact"),
            Map.entry(EmbedOption.DEVICE, "gpu"),
            Map.entry(EmbedOption.BATCH_TOKENS, "9"));

    Map<String, String> one = Map.of(option.key(), others.get(option));
    if (EmbedOptions.every().contains(option)) {
      assertThat(EmbedOptions.of(one)).isNotEqualTo(EmbedOptions.defaults());
    }
    if (ChunkOptions.every().contains(option)) {
      assertThat(ChunkOptions.of(one)).isNotEqualTo(ChunkOptions.defaults());
    }
    assertThat(EmbedOptions.defaults()).isNotEqualTo(ChunkOptions.defaults());
  }

  @Test
  void optionsSurviveTheWayToAnExecutor() throws IOException, ClassNotFoundException {
    EmbedOptions options = EmbedOptions.of(Map.of("prefix", "größe: ", "longText", "error"));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(options);
    }

    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      assertThat(in.readObject()).isEqualTo(options);
    }
  }

  @ParameterizedTest
  @EnumSource(EmbedOption.class)
  void everyDefaultIsAValueThatTheOptionTakes(EmbedOption option) {
    assertThat(option.takes()).isNotBlank();
    assertThat(option.description()).endsWith(".");
    if (!option.defaultValue().isEmpty()) {
      assertThat(option.canonical("embed", option.defaultValue())).isEqualTo(option.defaultValue());
    }
  }

  @Test
  void anEmptyPrefixIsNotTheSameAsNone() {
    EmbedOptions none = EmbedOptions.of(Map.of("prefix", ""));
    assertThat(none.prefix()).contains("");
    assertThat(none).isNotEqualTo(EmbedOptions.defaults()).isEqualTo(none.with(Map.of()));
    assertThat(none.with(Map.of("prefix", "query: ")).prefix()).contains("query: ");
  }

  @ParameterizedTest
  @CsvSource({
    "https://huggingface.co/org/repo, hf:org/repo",
    "https://huggingface.co/org/repo/, hf:org/repo",
    "https://huggingface.co/org/repo.git, hf:org/repo",
    "HTTPS://HuggingFace.co/Org/Repo-v1.5, hf:Org/Repo-v1.5",
    "http://www.huggingface.co/org/repo?library=sentence-transformers, hf:org/repo",
    "https://hf.co/org/repo#usage, hf:org/repo",
    "https://huggingface.co/org/repo/tree/main, hf:org/repo",
    "https://huggingface.co/org/repo/tree/v1.5, hf:org/repo@v1.5",
    "https://huggingface.co/org/repo/tree/refs%2Fpr%2F7, hf:org/repo@refs/pr/7",
    "https://huggingface.co/org/repo/commit/0123abc, hf:org/repo@0123abc",
    "https://huggingface.co/org/repo/blob/main/m-Q8_0.gguf, hf:org/repo/m-Q8_0.gguf",
    "https://huggingface.co/org/repo/blob/refs/pr/7/q/m.gguf, hf:org/repo/q/m.gguf@refs/pr/7",
    "https://huggingface.co/org/repo/resolve/v2/a%20b+c.gguf?download=true, hf:org/repo/a"
        + " b+c.gguf@v2",
    "hf://org/repo, hf:org/repo",
    "hf://org/repo/q/m.gguf, hf:org/repo/q/m.gguf",
    "hf://org/repo@v2/m.gguf, hf:org/repo/m.gguf@v2",
    "' hf:org/repo ', hf:org/repo",
    "https://huggingface.company.example/org/repo, https://huggingface.company.example/org/repo",
    "/models/https:/m.gguf, /models/https:/m.gguf"
  })
  void anAddressOfTheHubIsTheModel(String written, String model) {
    assertThat(EmbedOptions.of(Map.of("model", written)).model()).isEqualTo(model);
    assertThat(GenerateOptions.of(Map.of("model", written)).model()).isEqualTo(model);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://huggingface.co/",
        "https://huggingface.co/org",
        "https://huggingface.co/datasets/org/data",
        "https://huggingface.co/spaces/org/app",
        "https://huggingface.co/org/repo/discussions/3",
        "hf://datasets/org/data",
        "hf://org"
      })
  void anAddressOfTheHubThatIsNoModelIsRefused(String written) {
    assertThatThrownBy(() -> EmbedOptions.of(Map.of("model", written)))
        .isInstanceOf(EmbarkException.class)
        .hasMessageContaining(written)
        .hasMessageContaining("hf:org/repo");
  }
}
