package dev.embark.imports;

import java.util.List;
import java.util.Map;

/** Chooses the architecture of a folder by its {@code config.json}. Stateless. */
final class Architectures {
  private static final String NOT_YET =
      ", and Embark does not import it; use a GGUF file of the model";

  /** Families whose rerankers are imported. */
  static final String RERANKERS =
      " a reranker based on BERT, RoBERTa, XLM-RoBERTa, ModernBERT or Qwen3";

  // Models that llama.cpp cannot compute, or not from these weights alone.
  private static final Map<String, String> REFUSED =
      Map.of(
          "mpnet",
              "which adds relative positions to its attention and is unknown to llama.cpp; use"
                  + " a model based on BERT, such as sentence-transformers/all-MiniLM-L12-v2",
          "t5", "whose encoder llama.cpp does not run for embeddings; use a model based on BERT",
          "deberta-v2", "whose attention llama.cpp cannot compute; use a model based on BERT");

  private Architectures() {}

  /**
   * Returns the architecture.
   *
   * @throws ImportException that names an architecture which cannot be imported
   */
  static Architecture of(Config config) throws ImportException {
    String type = config.text("model_type", "");
    String kind = config.root().path("architectures").path(0).asText(type);
    if (kind.endsWith("ForTokenClassification")) {
      throw new ImportException(
          "it is a "
              + kind
              + ", which classifies tokens and has no vector for a text; use an embedding model");
    }
    return switch (type) {
      case "bert" -> {
        refuseRemoteCode(config, kind);
        yield new Bert(config, false);
      }
      case "roberta", "xlm-roberta", "camembert" -> {
        refuseRemoteCode(config, kind);
        yield new Bert(config, true);
      }
      case "distilbert" -> new DistilBert(config);
      case "nomic_bert" -> RotaryBert.nomic(config);
      case "jina_embeddings_v3" -> RotaryBert.jina(config);
      case "modernbert" -> new ModernBert(config);
      case "qwen3" -> new Qwen3(config);
      case "gemma3_text" -> new GemmaEmbedding(config);
      default ->
          throw new ImportException(
              "its architecture is "
                  + (type.isEmpty() ? "not named in config.json" : type)
                  + reason(type, kind));
    };
  }

  private static String reason(String type, String kind) {
    if (REFUSED.containsKey(type)) {
      return ", " + REFUSED.get(type);
    }
    return kind.endsWith("ForSequenceClassification")
        ? ", and llama.cpp has no head for a " + kind + "; use" + RERANKERS
        : NOT_YET;
  }

  /** Refuses a model of the authors' own Python code under the name of a known one. */
  private static void refuseRemoteCode(Config config, String kind) throws ImportException {
    for (String model : List.of("AutoModel", "AutoModelForSequenceClassification")) {
      if (config.root().path("auto_map").has(model)) {
        throw new ImportException(
            "its architecture "
                + kind
                + " is Python code of its own ("
                + config.root().path("auto_map").path(model).asText()
                + ")"
                + NOT_YET);
      }
    }
  }
}
