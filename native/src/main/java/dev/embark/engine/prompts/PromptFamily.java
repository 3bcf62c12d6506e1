package dev.embark.engine.prompts;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Families of models whose prompts are known, for files whose metadata has none; llama.cpp's own
 * converter, as of 0.5.0, writes none.
 *
 * <p>Each prompt is from the card of its models on the Hugging Face Hub and was compared with a
 * second source in November 2026: the definitions of the benchmark MTEB ({@code
 * mteb/models/model_implementations}), or what the constant names. A name has to match as a whole,
 * since models that were tuned further may have other prompts.
 */
enum PromptFamily {
  /** Second source: MTEB, {@code e5_models.py}. The models "-instruct" have other prompts. */
  E5("E5", "query: ", "passage: ", "(multilingual-)?e5-(small|base|large)(-v2)?(-unsupervised)?"),

  /** Second source: MTEB, {@code bge_models.py}. */
  BGE_EN(
      "BGE (English)",
      "Represent this sentence for searching relevant passages: ",
      "",
      "bge-(small|base|large)-en(-v1\\.5)?"),

  /** Second source: MTEB, {@code bge_models.py}. */
  BGE_ZH("BGE (Chinese)", "为这个句子生成表示以用于检索相关文章：", "", "bge-(small|base|large)-zh(-v1\\.5)?"),

  /** Second source: MTEB, {@code nomic_models.py}. */
  NOMIC(
      "nomic-embed-text",
      "search_query: ",
      "search_document: ",
      "nomic-embed-text(-v1|-v1\\.5|-v2-moe|-moe-v2)?|modernbert-embed-base"),

  /** Second source: MTEB, {@code mxbai_models.py}. */
  MXBAI(
      "mxbai-embed-large",
      "Represent this sentence for searching relevant passages: ",
      "",
      "mxbai-embed-large-v1"),

  /** Second source: MTEB, {@code arctic_models.py}; for version 1 of the family's others, forks. */
  ARCTIC(
      "snowflake-arctic-embed",
      "Represent this sentence for searching relevant passages: ",
      "",
      "snowflake-arctic-embed(-xs|-s|-m|-m-long|-l)(-v1\\.5)?"),

  /** Second source: guides to sentence-transformers that print what its query prompt adds. */
  ARCTIC_2("snowflake-arctic-embed v2.0", "query: ", "", "snowflake-arctic-embed-(m|l)-v2(\\.0)?"),

  /** Second source: MTEB, {@code qwen3_models.py}, and the authors' example for vLLM. */
  QWEN3(
      "Qwen3-Embedding",
      "Instruct: Given a web search query, retrieve relevant passages that answer the query\n"
          + "Query:",
      "",
      "qwen3-embedding-(0\\.6b|4b|8b)"),

  /** Second source: MTEB, {@code google_embeddinggemma.py}. */
  EMBEDDING_GEMMA(
      "EmbeddingGemma",
      "task: search result | query: ",
      "title: none | text: ",
      "embedding-?gemma-300m(-qat(-q[48]-0-unquantized)?)?"),

  /**
   * Models without prompts. Second source: MTEB, {@code bge_models.py}, {@code gte_models.py} and
   * {@code sentence_transformers_models.py}; none for GTE without a version.
   */
  NONE(
      "bge-m3, GTE, MiniLM and mpnet",
      "",
      "",
      "bge-m3"
          + "|gte-(small|base|large)(-zh|-en-v1\\.5)?|gte-(multilingual|modernbert)-base"
          + "|(all|paraphrase|paraphrase-multilingual)-minilm-l[36]-v[12]"
          + "|(all|paraphrase|paraphrase-multilingual)-minilm-l12-v[12]"
          + "|(all|paraphrase|paraphrase-multilingual)-mpnet-base-v[12]");

  /** Metadata key of a model's name. */
  static final String NAME_KEY = "general.name";

  // What llama.cpp's converter takes a model's name apart into.
  private static final List<String> PART_KEYS =
      List.of("general.basename", "general.size_label", "general.finetune", "general.version");

  /** Every metadata key that the family depends on. */
  static final List<String> KEYS = Stream.concat(Stream.of(NAME_KEY), PART_KEYS.stream()).toList();

  // At the end of the name of a file that was converted or quantised.
  private static final Pattern TYPE =
      Pattern.compile("([-.](gguf|f16|f32|bf16|fp16|fp32|q[2-8](-[0-9k])?(-[sml0-9])?))+$");

  private final String label;
  private final ModelPrompts prompts;
  private final Pattern names;

  PromptFamily(String label, String query, String document, String names) {
    this.label = label;
    this.prompts = new ModelPrompts(query, document);
    this.names = Pattern.compile(names);
  }

  ModelPrompts prompts() {
    return prompts;
  }

  /**
   * Returns the family of a model.
   *
   * @param metadata value of a key of the model's file
   */
  static Optional<PromptFamily> of(Function<String, Optional<String>> metadata) {
    return names(metadata)
        .flatMap(
            name -> Arrays.stream(values()).filter(family -> family.names.matcher(name).matches()))
        .findFirst();
  }

  /** Returns the names that a model's file gives it, in lower case, without its type. */
  static Stream<String> names(Function<String, Optional<String>> metadata) {
    String parts =
        PART_KEYS.stream()
            .flatMap(key -> metadata.apply(key).stream())
            .collect(Collectors.joining("-"));
    return Stream.of(metadata.apply(NAME_KEY).orElse(""), parts).map(PromptFamily::plain);
  }

  /** Returns the names of the families, for messages. */
  static List<String> labels() {
    return Arrays.stream(values()).map(family -> family.label).toList();
  }

  /** {@code "Snowflake/Snowflake Arctic Embed L v2.0"} is "snowflake-arctic-embed-l-v2.0". */
  private static String plain(String name) {
    String plain =
        name.substring(name.lastIndexOf('/') + 1)
            .strip()
            .toLowerCase(Locale.ROOT)
            .replaceAll("[\\s_-]+", "-");
    return TYPE.matcher(plain).replaceFirst("");
  }
}
