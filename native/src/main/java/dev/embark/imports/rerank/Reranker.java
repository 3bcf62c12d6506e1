package dev.embark.imports.rerank;

import com.fasterxml.jackson.databind.JsonNode;
import dev.embark.gguf.GgufValue;
import dev.embark.gguf.GgufValueType;
import dev.embark.gguf.GgufWriter;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How a model folder scores pairs of texts. Immutable.
 *
 * @param head its labels and its activation
 * @param pair how an encoder's tokenizer writes a pair; empty for a decoder, and if unknown
 * @param prompt how a decoder is shown a pair; empty for an encoder, and if unknown
 * @param answers the tokens of a decoder without a head of its own
 */
public record Reranker(
    ScoreHead head,
    Optional<PairTemplate> pair,
    Optional<PairPrompt> prompt,
    Optional<AnswerTokens> answers) {

  private static final int RANK = 4; // GGUF's number of the pooling

  /**
   * The files that say it. All but {@code config} may be missing or empty.
   *
   * @param config {@code config.json}
   * @param sentence {@code config_sentence_transformers.json}
   * @param transformer {@code sentence_bert_config.json}
   * @param tokenizer {@code tokenizer.json}
   * @param tokenizerConfig {@code tokenizer_config.json}
   * @param chatTemplate {@code chat_template.jinja}
   * @param readme {@code README.md}
   * @param answers the module LogitScore
   * @param instruction the prompt of every text
   * @param isBare whether the tokenizer puts no special token around a text
   */
  public record Source(
      JsonNode config,
      JsonNode sentence,
      JsonNode transformer,
      JsonNode tokenizer,
      JsonNode tokenizerConfig,
      String chatTemplate,
      String readme,
      Optional<AnswerTokens> answers,
      Optional<String> instruction,
      boolean isBare) {}

  /**
   * Returns the reranker that a folder is; empty if it is none.
   *
   * @param isDecoder whether the model is a decoder
   * @param isAsked whether the user says that a decoder which does not say so answers yes or no
   */
  public static Optional<Reranker> of(Source source, boolean isDecoder, boolean isAsked) {
    boolean isClassifier = ScoreHead.isDescribedBy(source.config());
    ScoreHead head = ScoreHead.of(source.config(), source.sentence());
    if (!isDecoder) {
      return isClassifier
          ? Optional.of(
              new Reranker(
                  head,
                  PairTemplate.of(source.tokenizer(), source.tokenizerConfig()),
                  Optional.empty(),
                  Optional.empty()))
          : Optional.empty();
    }
    boolean isQwen3 = isAsked || PairPrompt.isQwen3(source.readme());
    Optional<AnswerTokens> answers =
        isClassifier
            ? Optional.empty()
            : source
                .answers()
                .or(
                    () ->
                        isQwen3 && ScoreHead.isGenerator(source.config())
                            ? AnswerTokens.named(source.tokenizer())
                            : Optional.empty());
    if (!isClassifier && answers.isEmpty()) {
      return Optional.empty();
    }
    Optional<PairPrompt> prompt =
        prompt(source)
            .or(() -> isQwen3 ? Optional.of(PairPrompt.QWEN3) : Optional.empty())
            .or(
                () ->
                    isClassifier && source.isBare()
                        ? Optional.of(PairPrompt.BARE)
                        : Optional.empty());
    return Optional.of(new Reranker(head, Optional.empty(), prompt, answers));
  }

  private static Optional<PairPrompt> prompt(Source source) {
    return Stream.of(
            source.chatTemplate(), source.tokenizerConfig().path("chat_template").asText(""))
        .filter(template -> !template.isEmpty())
        .findFirst()
        .flatMap(
            template ->
                PairPrompt.render(
                    template,
                    source.transformer().path("processing_kwargs").path("chat_template"),
                    source.tokenizerConfig(),
                    source.instruction()));
  }

  /**
   * Returns what keeps the scores from being computed, as a clause about the folder and what to do;
   * empty if nothing does.
   */
  public Optional<String> obstacle() {
    if (answers.isEmpty() && head.labels().size() != 1) {
      return Optional.of(
          "its head has %d labels (%s), so it classifies texts, and a reranker has one score; use a reranker"
              .formatted(head.labels().size(), String.join(", ", head.labels())));
    }
    if (!isPlain() && !head.activation().equals(ScoreHead.SIGMOID)) {
      return Optional.of(
          "its score goes through "
              + head.activation()
              + ", and Embark computes a sigmoid or none; use another reranker");
    }
    if (answers.isPresent() && prompt.isEmpty()) {
      return Optional.of(
          "its chat template does not write a message of the role query and one of the role"
              + " document, so its prompt is unknown; use another reranker");
    }
    return pair.isEmpty() && prompt.isEmpty()
        ? Optional.of(
            "its tokenizer.json writes a pair of texts in a way that Embark does not know; use"
                + " another reranker")
        : Optional.empty();
  }

  private boolean isPlain() {
    return head.activation().equals(ScoreHead.IDENTITY);
  }

  /** Returns whether the tokens of a pair's second text have a token type of their own. */
  public boolean hasTypes() {
    return pair.filter(PairTemplate::secondType).isPresent();
  }

  /** Writes what a reranker's file has in place of a pooling. */
  public void put(GgufWriter gguf, String architecture) {
    gguf.put(architecture + ".pooling_type", GgufValue.uint32(RANK));
    gguf.put(
        architecture + ".classifier.output_labels",
        GgufValue.array(
            GgufValueType.STRING, prompt.isPresent() ? List.of("yes", "no") : head.labels()));
    if (isPlain()) {
      gguf.put("embark.score.activation", GgufValue.string("none"));
    }
    pair.map(PairTemplate::separators)
        .ifPresent(n -> gguf.put("embark.pair.separators", GgufValue.uint32(n)));
    prompt
        .map(PairPrompt::text)
        .ifPresent(
            text ->
                gguf.put(
                        "tokenizer.chat_templates",
                        GgufValue.array(GgufValueType.STRING, List.of("rerank")))
                    .put("tokenizer.chat_template.rerank", GgufValue.string(text)));
    prompt
        .flatMap(PairPrompt::instruction)
        .ifPresent(text -> gguf.put("embark.pair.instruction", GgufValue.string(text)));
  }
}
