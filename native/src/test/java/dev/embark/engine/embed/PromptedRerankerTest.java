package dev.embark.engine.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.embark.engine.TinyDecoder;
import dev.embark.engine.batch.ContextMemory;
import dev.embark.engine.model.ChangedModel;
import dev.embark.engine.model.ModelFile;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.Pooling;
import dev.embark.engine.options.RerankOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.engine.rows.EmbeddedRows;
import dev.embark.engine.rows.TextPair;
import dev.embark.gguf.GgufHeader;
import dev.embark.gguf.GgufValue;
import dev.embark.gguf.GgufValueType;
import dev.embark.imports.ImportType;
import dev.embark.imports.ModelImport;
import dev.embark.imports.TinyFolder;
import dev.embark.imports.TinyQwen3Folder;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Scores of a decoder that answers yes or no to a prompt with the pair, as Qwen3-Reranker does. */
class PromptedRerankerTest {
  private static final int CUT = 320;
  private static final float ROUNDING = 1e-2f; // keys and values are kept in F16
  private static final String INSTRUCTION = "Is the animal the same?";

  // The pairs of src/test/python/tiny_qwen3_reranker.py and the outputs that it prints.
  private static final List<byte[]> PAIRS =
      List.of(
          pair("is the dog black?", "the dog is black."),
          pair("is the dog black?", "the cat is white."),
          pair("what is the weather", "it rains"),
          pair("", "the cat"),
          pair("the dog", ""),
          pair("  two spaces ", "\n a line and  two spaces"),
          pair("line\n", "tab\tand\nlines?\n\n"),
          pair("caf\u00e9 na\u00efve?", "cafe\u0301 \u6771\u4eac \ud83d\udc69"),
          pair("<Document>: a", "<Query>: b <think> c </think>"),
          pair("is the dog black?", "the dog runs and ".repeat(60)));
  private static final float[] OF_TRANSFORMERS = {
    -2.29787f, -2.26680f, -2.04348f, -4.29199f, -3.32566f,
    -2.14683f, -4.40139f, -1.08450f, -1.11455f, -4.20210f
  };
  private static final int[] TOKENS = {289, 289, 285, 266, 266, 297, 281, 291, 291, 1024};
  private static final float LAST_OF_CUT = -3.64662f;
  private static final float[] INSTRUCTED = {
    -4.22934f, -4.03185f, -3.65337f, -1.38879f, -1.08842f,
    -3.53025f, -1.75921f, -4.22448f, -4.56450f, -4.33796f
  };

  @TempDir static Path dir;
  private static Path file;
  private static LlamaModel model;

  @BeforeAll
  static void convert() throws IOException {
    file = imported(folder());
    model = ModelLoader.load(file, ModelOptions.cpu());
  }

  @AfterAll
  static void closeModel() {
    model.close();
  }

  private static TinyFolder folder() throws IOException {
    return TinyQwen3Folder.reranker(Files.createTempDirectory(dir, "folder"));
  }

  private static Path imported(TinyFolder folder) throws IOException {
    Path target = folder.root().resolve("model.gguf");
    ModelImport.convert(folder.root(), "tiny", ImportType.F32, target);
    return target;
  }

  private static byte[] pair(String query, String document) {
    return new TextPair(
            query.getBytes(StandardCharsets.UTF_8), document.getBytes(StandardCharsets.UTF_8))
        .toBytes();
  }

  private static RerankingEngine open(LlamaModel opened, String... options) {
    Map<String, String> given = new HashMap<>();
    for (int i = 0; i < options.length; i += 2) {
      given.put(options[i], options[i + 1]);
    }
    return new RerankingEngine(opened, RerankOptions.of(given), ContextMemory.UNLIMITED);
  }

  private static void assertScores(Path gguf, float[] expected, String... options)
      throws IOException {
    try (LlamaModel opened = ModelLoader.load(gguf, ModelOptions.cpu());
        RerankingEngine engine = open(opened, options)) {
      EmbeddedRows rows = engine.score(PAIRS, () -> false);
      for (int row = 0; row < PAIRS.size(); row++) {
        assertThat(rows.error(row)).as("row " + row).isNull();
        assertThat(engine.score(row)).as("row " + row).isCloseTo(expected[row], within(ROUNDING));
      }
    }
  }

  @Test
  void outputsAreThoseOfTransformers() throws IOException {
    assertScores(file, OF_TRANSFORMERS, "activation", "none");
    try (RerankingEngine engine = open(model)) {
      EmbeddedRows rows = engine.score(PAIRS, () -> false);
      for (int row = 0; row < PAIRS.size(); row++) {
        double probability = 1 / (1 + Math.exp(-OF_TRANSFORMERS[row]));
        assertThat(engine.score(row)).isCloseTo((float) probability, within(2e-3f));
        assertThat(rows.tokens(row)).as("row " + row).isEqualTo(TOKENS[row]);
        assertThat(rows.isTruncated(row)).isEqualTo(row == PAIRS.size() - 1);
      }
    }
  }

  @Test
  void aLongDocumentIsCutAndThePromptIsWhole() {
    int last = PAIRS.size() - 1;
    try (RerankingEngine engine = open(model, "activation", "none", "maxTokens", "" + CUT)) {
      EmbeddedRows rows = engine.score(PAIRS, () -> false);
      assertThat(engine.score(last)).isCloseTo(LAST_OF_CUT, within(ROUNDING));
      assertThat(rows.tokens(last)).isEqualTo(CUT);
      assertThat(rows.isTruncated(last)).isTrue();
      assertThat(engine.score(0)).isCloseTo(OF_TRANSFORMERS[0], within(ROUNDING));
    }
    List<byte[]> long1 = List.of(pair("the dog ".repeat(300), "the cat ".repeat(9)));
    try (RerankingEngine engine = open(model, "maxTokens", "" + CUT)) {
      EmbeddedRows rows = engine.score(long1, () -> false);
      assertThat(rows.isDone(0)).isTrue();
      assertThat(rows.tokens(0)).isEqualTo(CUT);
    }
    try (RerankingEngine engine = open(model, "maxTokens", "" + CUT, "truncation", "only_second")) {
      assertThat(engine.score(long1, () -> false).error(0).kind()).isEqualTo(Kind.TOO_LONG);
    }
    assertThatThrownBy(() -> open(model, "maxTokens", "50"))
        .isInstanceOfSatisfying(
            EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.OPTION))
        .hasMessageContaining("tokens around the two texts of a pair");
  }

  @Test
  void anInstructionReplacesTheOneOfThePrompt() throws IOException {
    assertScores(file, INSTRUCTED, "activation", "none", "instruction", INSTRUCTION);
    // A control token in an instruction is text, as in a query and in a document.
    int opened = tokens(pair("", ""), "instruction", "");
    assertThat(tokens(pair("", ""), "instruction", "<|im_end|>")).isEqualTo(opened + 10);
  }

  @Test
  void controlTokensInTextsAreText() {
    int none = tokens(pair("a", "b"));
    assertThat(tokens(pair("a", "b<|im_end|>"))).isEqualTo(none + 10);
    assertThat(tokens(pair("a<|im_end|>", "b"))).isEqualTo(none + 10);
    assertThat(tokens(pair("a{document}", "{query}b"))).isEqualTo(none + 17);
  }

  private static int tokens(byte[] pair, String... options) {
    try (RerankingEngine engine = open(model, options)) {
      return engine.score(List.of(pair), () -> false).tokens(0);
    }
  }

  @Test
  void aHeadOfItsOwnHasTheScoresOfTheAnswers() throws IOException {
    Path classifier = imported(TinyQwen3Folder.asClassifier(folder()));
    assertScores(classifier, OF_TRANSFORMERS, "activation", "none");
    // Without the card, the tokenizer writes a pair as one text after the other.
    TinyFolder bare = TinyQwen3Folder.asClassifier(folder()).file("README.md", "# Random\n");
    try (LlamaModel opened = ModelLoader.load(imported(bare), ModelOptions.cpu());
        RerankingEngine engine = open(opened)) {
      EmbeddedRows rows = engine.score(List.of(pair("the dog", "a"), pair("", "")), () -> false);
      assertThat(rows.tokens(0)).isEqualTo(2 + 4 + 1);
      assertThat(rows.error(1).kind()).isEqualTo(Kind.EMPTY);
    }
  }

  @Test
  void theModulesOfSentenceTransformersNameAnswersAndPrompt() throws IOException {
    TinyFolder folder = folder().file("README.md", "# Random\n");
    folder.file(
        "modules.json",
        """
        [{'idx': 0, 'path': '', 'type': 'sentence_transformers.base.modules.transformer.Transformer'},
         {'idx': 1, 'path': '1_LogitScore',
          'type': 'sentence_transformers.cross_encoder.modules.logit_score.LogitScore'}]
        """);
    String tokens = "{'true_token_id': %d, 'false_token_id': %s}";
    int yes = TinyQwen3Folder.id("yes");
    folder.file("1_LogitScore/config.json", tokens.formatted(yes, TinyQwen3Folder.id("no")));
    assertThatThrownBy(() -> imported(folder)).hasMessageContaining("so its prompt is unknown");

    folder.file(
        "sentence_bert_config.json",
        "{'processing_kwargs': {'chat_template': {'add_generation_prompt': true}}}");
    folder.file(
        "config_sentence_transformers.json",
        "{'prompts': {'q': '%s'}, 'default_prompt_name': 'q', 'activation_fn': 'torch.nn.modules.linear.Identity'}"
            .formatted(INSTRUCTION));
    folder.file(
        "chat_template.jinja",
        """
        {%- set task = messages | selectattr("role", "eq", "system") | map(attribute="content") | first -%}
        <|im_start|>system
        Judge whether the Document meets the requirements based on the Query and the Instruct provided. Note that the answer can only be "yes" or "no".<|im_end|>
        <|im_start|>user
        <Instruct>: {{ task }}
        <Query>: {{ messages | selectattr("role", "eq", "query") | map(attribute="content") | first }}
        <Document>: {{ messages | selectattr("role", "eq", "document") | map(attribute="content") | first }}<|im_end|>
        {% if add_generation_prompt %}<|im_start|>assistant
        <think>

        </think>

        {% endif %}
        """
            .stripTrailing());
    Path gguf = imported(folder);
    assertScores(gguf, INSTRUCTED);
    assertScores(
        gguf,
        OF_TRANSFORMERS,
        "instruction",
        "Given a web search query, retrieve relevant passages that answer the query");

    folder.file("1_LogitScore/config.json", tokens.formatted(yes, "null"));
    try (LlamaModel opened = ModelLoader.load(imported(folder), ModelOptions.cpu());
        RerankingEngine engine = open(opened)) {
      assertThat(engine.score(PAIRS, () -> false).isDone(0)).isTrue();
      assertThat(engine.score(0)).isNotCloseTo(INSTRUCTED[0], within(1e-2f));
    }
    folder.file("1_LogitScore/config.json", tokens.formatted(100_000, "null"));
    assertThatThrownBy(() -> imported(folder)).hasMessageContaining("none for the token 100000");
  }

  @Test
  void aDecoderThatDoesNotSaySoIsARerankerOnlyIfTheUserSaysSo() throws IOException {
    TinyFolder folder = folder().file("README.md", "# A copy, better than Qwen3-Reranker-8B\n");
    try (LlamaModel plain = ModelLoader.load(imported(folder), ModelOptions.cpu())) {
      assertThatThrownBy(() -> open(plain))
          .hasMessageContaining("is no reranker: it has no head")
          .hasMessageContaining("embark model import --reranker");
    }
    Path asked = dir.resolve("asked.gguf");
    ModelImport.convert(folder.root(), "tiny", ImportType.F32, true, asked);
    assertScores(asked, OF_TRANSFORMERS, "activation", "none");
    folder.file("README.md", "---\nbase_model:\n- Qwen/Qwen3-Reranker-0.6B\n---\n# Tuned\n");
    assertScores(imported(folder), OF_TRANSFORMERS, "activation", "none");

    TinyFolder bert = TinyFolder.bert(Files.createTempDirectory(dir, "bert"));
    assertThatThrownBy(() -> ModelImport.convert(bert.root(), "tiny", ImportType.F32, true, asked))
        .hasMessageContaining("it is no reranker: it is not a Qwen3ForCausalLM");
  }

  @Test
  void aFileOfLlamaCppsConverterHasTheSameScores() throws IOException {
    Path plain = file;
    for (String key : GgufHeader.read(file).metadata().keySet()) {
      if (key.startsWith("embark.")) {
        plain = ChangedModel.without(plain, dir.resolve(key + ".gguf"), key);
      }
    }
    assertScores(plain, OF_TRANSFORMERS, "activation", "none");
    assertScores(plain, INSTRUCTED, "activation", "none", "instruction", INSTRUCTION);
  }

  @Test
  void aFileWhoseScoresWouldBeWrongIsRefusedWithTheReason() throws IOException {
    String template = "tokenizer.chat_template.rerank";
    refused(ChangedModel.without(file, dir.resolve("a.gguf"), template), "has no prompt for");
    refused(
        ChangedModel.with(
            file, dir.resolve("b.gguf"), template, GgufValue.string("{document}{query}")),
        "has no prompt for");
    GgufValue labels = GgufValue.array(GgufValueType.STRING, List.of("no", "yes"));
    refused(
        ChangedModel.with(file, dir.resolve("c.gguf"), "qwen3.classifier.output_labels", labels),
        "has a head for [no, yes], and one for [yes, no] is needed");
    Path bare =
        ChangedModel.with(
            TinyDecoder.QWEN3.write(dir),
            dir.resolve("d.gguf"),
            "qwen3.pooling_type",
            GgufValue.uint32(4));
    refused(bare, "has a head for one label");
    assertThatThrownBy(() -> new EmbeddingEngine(model, EmbedOptions.defaults()))
        .hasMessageContaining("is a reranker: it scores pairs of texts");
    assertThat(ModelFile.describe(model).isReranker()).isTrue();
    assertThat(ModelFile.describe(model).generates()).isFalse();
    assertThat(ModelFile.describe(model).warnings()).isEmpty();
    assertThat(ModelFile.describe(model).instruction().orElseThrow())
        .startsWith("Given a web search query");
  }

  private static void refused(Path damaged, String reason) {
    try (LlamaModel opened = ModelLoader.load(damaged, ModelOptions.cpu())) {
      assertThatThrownBy(() -> open(opened)).hasMessageContaining(reason);
      assertThat(String.join(" ", ModelFile.describe(opened).warnings())).contains(reason);
    }
  }

  @Test
  void aPairHasTheSameScoreInAnyBatch() {
    List<byte[]> many = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      many.addAll(PAIRS.subList(0, 9));
      many.add(null);
    }
    Collections.rotate(many, 4);
    try (RerankingEngine engine = open(model, "batchTokens", "2000");
        SharedEncoder shared = SharedEncoder.open(model, Pooling.RANK, 1024, 1);
        RerankingEngine client =
            new RerankingEngine(model, RerankOptions.of(Map.of("batchTokens", "1024")), shared);
        RerankingEngine alone = open(model)) {
      EmbeddedRows rows = engine.score(many, () -> false);
      client.score(many, () -> false);
      for (int row = 0; row < many.size(); row++) {
        if (many.get(row) == null) {
          assertThat(rows.isDone(row)).isFalse();
        } else {
          alone.score(many.subList(row, row + 1), () -> false);
          assertThat(engine.score(row)).isCloseTo(alone.score(0), within(1e-4f));
          assertThat(client.score(row)).isCloseTo(alone.score(0), within(1e-4f));
        }
      }
    }
  }
}
