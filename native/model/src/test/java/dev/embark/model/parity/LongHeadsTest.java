package dev.embark.model.parity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.engine.TinyWeights;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.Acceleration;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.text.Tokenizer;
import dev.embark.gguf.GgufTensor;
import dev.embark.gguf.GgufTensorType;
import dev.embark.gguf.GgufValue;
import dev.embark.gguf.GgufWriter;
import dev.embark.imports.ImportType;
import dev.embark.imports.ModelImport;
import dev.embark.imports.TinyFolder;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import dev.embark.llama.TokenizedTexts;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Of a long text that is truncated, real vocabularies read a head: its ids are those of the whole.
 */
@Tag("models")
class LongHeadsTest {
  private static final int TEXTS = 300;
  private static final int CHARACTERS = 6000;
  private static final String TOKENS = "token_embd.weight";
  private static final List<String> WORDS =
      List.of(
          "the",
          "river",
          "it's",
          "We'll",
          "R2",
          "12345",
          "caf\u00e9",
          "na\u0131ve",
          "\u4e2d\u6587",
          "\u0440\u0435\u043a\u0430",
          "\ud55c\uad6d",
          "(see",
          "p.7),",
          "x=1;",
          "--",
          "HTTPServer",
          "\u0928\u0926\u0940");
  private static final List<String> BETWEEN = List.of(" ", " ", " ", "  ", "\n", "\n\n", "\t", "");

  @TempDir private Path temp;
  private static Path vocabularies;

  @BeforeAll
  static void fetch() throws Exception {
    vocabularies = ReleaseFiles.vocabularies();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bert-bge",
        "nomic-bert-moe",
        "gpt-2",
        "mpt",
        "starcoder",
        "refact",
        "command-r",
        "qwen2",
        "qwen35",
        "llama-bpe",
        "deepseek-llm",
        "deepseek-coder",
        "falcon",
        "gpt-neox",
        "gemma-4",
        "llama-spm"
      })
  void aTruncatedTextHasTheFirstIdsOfTheWhole(String name) throws IOException {
    Path file = temp.resolve("model.gguf");
    write(VocabularyFile.read(vocabularies.resolve("ggml-vocab-" + name + ".gguf")), file);
    Random random = new Random(name.hashCode());
    List<String> unicode = UnicodeTexts.random(TEXTS, 5);
    try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu(Acceleration.OFF))) {
      for (int i = 0; i < TEXTS; i++) {
        byte[] text = text(random, unicode).getBytes(StandardCharsets.UTF_8);
        int max = 3 + random.nextInt(60);

        assertThat(first(model, "truncate", max, text))
            .as("%s, text %d", name, i)
            .isEqualTo(first(model, "chunk", max, text));
      }
    }
  }

  private static String text(Random random, List<String> unicode) {
    StringBuilder text = new StringBuilder();
    int oddity = 1 + random.nextInt(20);
    while (text.length() < CHARACTERS) {
      text.append(
          random.nextInt(oddity) == 0
              ? unicode.get(random.nextInt(unicode.size()))
              : WORDS.get(random.nextInt(WORDS.size())));
      text.append(BETWEEN.get(random.nextInt(BETWEEN.size())));
    }
    return text.toString();
  }

  private static int[] first(LlamaModel model, String longText, int max, byte[] text) {
    EmbedOptions options =
        EmbedOptions.of(Map.of("longText", longText, "maxTokens", String.valueOf(max)));
    try (TokenizedTexts out = new TokenizedTexts()) {
      new Tokenizer(model, options).tokenize(List.of(text), out, () -> false);
      return out.copy(0);
    }
  }

  /** Writes a model with a vocabulary, whose vectors nobody computes. */
  private void write(VocabularyFile vocabulary, Path target) throws IOException {
    Path tiny = temp.resolve("tiny.gguf");
    ModelImport.convert(
        TinyFolder.bert(temp.resolve("folder")).root(), "tiny", ImportType.F32, tiny);
    TinyWeights weights = TinyWeights.read(tiny);
    Map<String, GgufValue> metadata = new TreeMap<>(weights.header().metadata());
    metadata
        .keySet()
        .removeIf(key -> key.startsWith("tokenizer.") || key.startsWith("embark.tokenizer."));
    metadata.putAll(vocabulary.metadata());
    metadata.put("tokenizer.ggml.token_type_count", GgufValue.uint32(2));
    GgufWriter gguf = new GgufWriter();
    metadata.forEach(gguf::put);
    for (GgufTensor tensor : weights.header().tensors()) {
      long[] shape = tensor.shape().stream().mapToLong(Long::longValue).toArray();
      boolean isOfTokens = tensor.name().equals(TOKENS);
      if (isOfTokens) {
        shape[1] = vocabulary.tokens().size();
      }
      FloatBuffer content =
          isOfTokens
              ? FloatBuffer.allocate((int) (shape[0] * shape[1]))
              : FloatBuffer.wrap(weights.get(tensor.name()));
      gguf.tensor(tensor.name(), GgufTensorType.F32, () -> content, shape);
    }
    gguf.writeTo(target);
  }
}
