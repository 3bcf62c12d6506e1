package dev.embark.engine.prompts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.Role;
import dev.embark.engine.rows.Condition;
import dev.embark.engine.rows.EmbarkException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelPromptsTest {
  private static final Map<String, String> E5 = Map.of("general.name", "E5 Base v2");

  private static Function<String, Optional<String>> file(Map<String, String> metadata) {
    return key -> Optional.ofNullable(metadata.get(key));
  }

  private static Optional<ModelPrompts> named(String name) {
    return ModelPrompts.of(file(Map.of("general.name", name)));
  }

  /** The prompts are written as on the cards of the models, the names as files have them. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Multilingual E5 Small | 'query: ' | 'passage: '",
        "intfloat/multilingual-e5-large | 'query: ' | 'passage: '",
        "E5 Base v2 | 'query: ' | 'passage: '",
        "e5-large | 'query: ' | 'passage: '",
        "Bge Small En v1.5 | 'Represent this sentence for searching relevant passages: ' | ''",
        "BAAI/bge-large-en | 'Represent this sentence for searching relevant passages: ' | ''",
        "bge-base-zh-v1.5 | 为这个句子生成表示以用于检索相关文章： | ''",
        "nomic-embed-text-v1.5 | 'search_query: ' | 'search_document: '",
        "Nomic Embed Text v1 | 'search_query: ' | 'search_document: '",
        "Nomic Embed Text V2 Moe | 'search_query: ' | 'search_document: '",
        "Modernbert Embed Base | 'search_query: ' | 'search_document: '",
        "Mxbai Embed Large v1 | 'Represent this sentence for searching relevant passages: ' | ''",
        "snowflake-arctic-embed-l | 'Represent this sentence for searching relevant passages: ' |"
            + " ''",
        "Snowflake Arctic Embed M v1.5 | 'Represent this sentence for searching relevant passages:"
            + " ' | ''",
        "Snowflake Arctic Embed L v2.0 | 'query: ' | ''",
        "Embeddinggemma 300M | 'task: search result | query: ' | 'title: none | text: '",
        "embeddinggemma-300m-qat-Q8_0 | 'task: search result | query: ' | 'title: none | text: '",
        "bge-m3 | '' | ''",
        "Gte Base | '' | ''",
        "gte-large-en-v1.5 | '' | ''",
        "all-MiniLM-L6-v2 | '' | ''",
        "paraphrase-multilingual-MiniLM-L12-v2 | '' | ''",
        "all-mpnet-base-v2-f16.gguf | '' | ''"
      })
  void aKnownFamilyHasItsPrompts(String name, String query, String document) {
    assertThat(named(name)).contains(new ModelPrompts(query, document));
  }

  @Test
  void thePromptOfQwen3HasALineBreakAndNoSpaceAtItsEnd() {
    assertThat(named("Qwen3 Embedding 0.6B"))
        .contains(
            new ModelPrompts(
                """
                Instruct: Given a web search query, retrieve relevant passages that answer the query
                Query:\
                """,
                ""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Multilingual E5 Large Instruct",
        "multilingual-e5-small-ko",
        "Bge Small",
        "bge-reranker-base",
        "my-e5-base-v2",
        "Qwen3 0.6B",
        "tiny",
        ""
      })
  void aModelThatOnlyResemblesAFamilyIsUnknown(String name) {
    assertThat(named(name)).isEmpty();
  }

  @Test
  void theNameMayBeTakenApart() {
    Map<String, String> parts = new HashMap<>();
    parts.put("general.name", "Bge Small");
    parts.put("general.basename", "bge");
    parts.put("general.size_label", "small");
    assertThat(ModelPrompts.of(file(parts))).isEmpty();

    parts.put("general.finetune", "zh");
    parts.put("general.version", "v1.5");
    assertThat(ModelPrompts.of(file(parts)).orElseThrow().query()).startsWith("为这个句子");
  }

  @Test
  void promptsOfTheFileOverrideThoseOfTheFamily() {
    Map<String, String> own = new HashMap<>(E5);
    own.put(ModelPrompts.QUERY_KEY, "ask: ");
    assertThat(ModelPrompts.of(file(own))).contains(new ModelPrompts("ask: ", ""));

    own.put(ModelPrompts.DOCUMENT_KEY, "found: ");
    assertThat(ModelPrompts.of(file(own))).contains(new ModelPrompts("ask: ", "found: "));

    own.put(ModelPrompts.QUERY_KEY, "");
    own.put(ModelPrompts.DOCUMENT_KEY, "");
    assertThat(ModelPrompts.of(file(own))).contains(new ModelPrompts("", ""));
  }

  @ParameterizedTest
  @CsvSource({
    // prefix, role, prefix of the file, what precedes each text
    "          ,          ,         , ''",
    "          ,          , 'own: ' , 'own: '",
    "          , query    ,         , 'query: '",
    "          , document ,         , 'passage: '",
    "          , document , 'own: ' , 'passage: '",
    "'mine: '  , query    , 'own: ' , 'mine: '",
    "''        , query    , 'own: ' , ''",
    "''        ,          , 'own: ' , ''"
  })
  void prefixOverridesRoleAndRoleThePrefixOfTheFile(
      String prefix, String role, String ofFile, String expected) {
    Map<String, String> metadata = new HashMap<>(E5);
    Map<String, String> options = new HashMap<>();
    putIfGiven(options, "prefix", prefix);
    putIfGiven(options, "role", role);
    putIfGiven(metadata, ModelPrompts.PREFIX_KEY, ofFile);

    EmbedOptions call = EmbedOptions.of(options);

    assertThat(ModelPrompts.prefix(call, file(metadata))).isEqualTo(expected);
    assertThat(ModelPrompts.missing(call, file(metadata)).isPresent())
        .isEqualTo(prefix == null && role == null && ofFile == null);
  }

  @Test
  void onlyAModelThatWantsAPromptLacksOne() {
    EmbedOptions plain = EmbedOptions.defaults();

    assertThat(ModelPrompts.missing(plain, file(Map.of("general.name", "bge-m3")))).isEmpty();
    assertThat(ModelPrompts.missing(plain, file(Map.of("general.name", "tiny")))).isEmpty();
    assertThat(ModelPrompts.missing(plain, file(Map.of(ModelPrompts.QUERY_KEY, "q: "))))
        .contains(new ModelPrompts("q: ", ""));
  }

  @Test
  void aRoleOfAModelWithoutKnownPromptsIsRefused() {
    EmbedOptions query = EmbedOptions.of(Map.of("role", "QUERY"));

    assertThat(query.role()).contains(Role.QUERY);
    assertThatThrownBy(() -> ModelPrompts.prefix(query, file(Map.of("general.name", "tiny"))))
        .isInstanceOf(EmbarkException.class)
        .hasMessageStartingWith(
            "role is query, but the model 'tiny' has no prompts in its file and is of no known"
                + " family (E5, ")
        .hasMessageEndingWith("); give its prompt as prefix, '' for none.")
        .extracting(e -> ((EmbarkException) e).condition())
        .isEqualTo(Condition.UNKNOWN_PROMPT);
    assertThatThrownBy(
            () ->
                ModelPrompts.prefix(
                    query, file(Map.of("general.name", "a\n\u001b b" + "c".repeat(200)))))
        .hasMessageContaining("the model 'a b" + "c".repeat(97) + "' has no prompts");
    assertThatThrownBy(() -> ModelPrompts.prefix(query, file(Map.of())))
        .hasMessageContaining("the model without a name has no prompts");
  }

  private static void putIfGiven(Map<String, String> map, String key, String value) {
    if (value != null) {
      map.put(key, value);
    }
  }
}
