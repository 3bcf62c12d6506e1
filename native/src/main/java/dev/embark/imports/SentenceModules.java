package dev.embark.imports;

import com.fasterxml.jackson.databind.JsonNode;
import dev.embark.imports.rerank.AnswerTokens;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * What sentence-transformers adds to a transformer: its modules, longest text and prompts. A folder
 * of plain transformers has none of them. Immutable.
 *
 * @param transformer folder of the transformer with a final {@code /}, or empty for the model
 *     folder
 * @param pooling GGUF's number of the pooling; empty if the folder names none
 * @param dense linear layers after the pooling, in their order
 * @param answers the tokens whose logits are the score of a reranker
 * @param normalize whether vectors are scaled to length 1; empty if the folder does not say
 * @param maxTokens longest text in tokens
 * @param lowercases whether texts are lowercased before the tokenizer
 * @param prompts by name
 * @param defaultPrompt name of the prompt of every text
 */
record SentenceModules(
    String transformer,
    OptionalInt pooling,
    List<Dense> dense,
    Optional<AnswerTokens> answers,
    Optional<Boolean> normalize,
    OptionalInt maxTokens,
    boolean lowercases,
    Map<String, String> prompts,
    Optional<String> defaultPrompt) {

  private static final int MEAN = 1;
  private static final int CLS = 2;
  private static final int LAST = 3;

  // Names of a pooling in the older spelling, as a flag of its own, and in the newer one.
  private static final Map<String, Integer> FLAGS =
      Map.of(
          "pooling_mode_mean_tokens", MEAN,
          "pooling_mode_cls_token", CLS,
          "pooling_mode_lasttoken", LAST);
  private static final Map<String, Integer> NAMES =
      Map.of("mean", MEAN, "cls", CLS, "lasttoken", LAST);

  /**
   * A linear layer without bias and activation.
   *
   * @param module its folder with a final {@code /}
   */
  record Dense(String module, int in, int out) {}

  /** Reads {@code modules.json} and the files that it names. */
  static SentenceModules read(ModelFolder folder) throws IOException {
    JsonNode modules = folder.json(FolderFiles.MODULES);
    String transformer = "";
    OptionalInt pooling = OptionalInt.empty();
    List<Dense> dense = new ArrayList<>();
    Optional<AnswerTokens> answers = Optional.empty();
    boolean normalize = false;
    for (JsonNode module : modules) {
      String path = module.path("path").asText();
      if (!path.isEmpty() && !FolderFiles.isModule(path)) {
        throw new ImportException(
            "modules.json names the folder '" + path + "', which is no module");
      }
      String at = path.isEmpty() ? "" : path + "/";
      String type = module.path("type").asText();
      boolean known = type.startsWith("sentence_transformers.") && !normalize;
      switch (known ? type.substring(type.lastIndexOf('.') + 1) : "") {
        case "Transformer" -> transformer = at;
        case "Pooling" -> pooling = OptionalInt.of(pooling(folder.json(at + FolderFiles.CONFIG)));
        case "Dense" -> dense.add(dense(at, folder.json(at + FolderFiles.CONFIG)));
        case "LogitScore" -> answers = answers(folder.json(at + FolderFiles.CONFIG));
        case "Normalize" -> normalize = true;
        default ->
            throw new ImportException(
                "its modules.json has the module "
                    + type
                    + ", which llama.cpp cannot compute; use a model of transformer, pooling and"
                    + " normalisation");
      }
    }
    JsonNode sentence = folder.json(transformer + "sentence_bert_config.json");
    JsonNode more = folder.json("config_sentence_transformers.json");
    Map<String, String> prompts = new TreeMap<>();
    more.path("prompts").properties().forEach(e -> prompts.put(e.getKey(), e.getValue().asText()));
    JsonNode length = sentence.path("max_seq_length");
    return new SentenceModules(
        transformer,
        pooling,
        List.copyOf(dense),
        answers,
        modules.isMissingNode() ? Optional.empty() : Optional.of(normalize),
        length.canConvertToInt() && length.asInt() > 0
            ? OptionalInt.of(length.asInt())
            : OptionalInt.empty(),
        sentence.path("do_lower_case").asBoolean(false),
        prompts,
        Optional.of(more.path("default_prompt_name").asText(""))
            .filter(name -> !more.path("default_prompt_name").isNull() && !name.isEmpty()));
  }

  private static int pooling(JsonNode config) throws ImportException {
    List<Integer> found = new ArrayList<>();
    String other = config.path("pooling_mode").asText("");
    if (NAMES.containsKey(other)) {
      found.add(NAMES.get(other));
    } else {
      for (Map.Entry<String, JsonNode> entry : config.properties()) {
        if (entry.getKey().startsWith("pooling_mode_") && entry.getValue().asBoolean()) {
          other = entry.getKey();
          found.add(FLAGS.getOrDefault(other, 0));
        }
      }
    }
    if (found.size() != 1 || found.contains(0)) {
      throw new ImportException(
          "its pooling is "
              + (found.size() > 1 ? "a combination" : other.isEmpty() ? "not named" : other)
              + ", and llama.cpp pools by mean, by cls or by the last token; use another model");
    }
    if (!config.path("include_prompt").asBoolean(true)) {
      throw new ImportException(
          "its pooling leaves out the prompt, which llama.cpp cannot do; use another model");
    }
    return found.get(0);
  }

  private static Optional<AnswerTokens> answers(JsonNode config) throws ImportException {
    Optional<AnswerTokens> answers = AnswerTokens.of(config);
    if (answers.isEmpty()) {
      throw new ImportException("its module LogitScore names no token of a relevant document");
    }
    return answers;
  }

  private static Dense dense(String module, JsonNode config) throws ImportException {
    String activation = config.path("activation_function").asText();
    if (!activation.endsWith(".Identity") || config.path("bias").asBoolean(true)) {
      throw new ImportException(
          "its module "
              + module
              + " is a dense layer with a bias or the activation "
              + activation
              + ", which llama.cpp cannot compute; use another model");
    }
    Config checked = new Config(config);
    return new Dense(module, checked.positive("in_features"), checked.positive("out_features"));
  }

  /** Returns the prompt for queries, or for documents; empty if the folder has none. */
  Optional<String> prompt(boolean query) {
    List<String> names = query ? List.of("query") : List.of("document", "passage", "corpus");
    return names.stream()
        .filter(prompts::containsKey)
        .map(prompts::get)
        .findFirst()
        .filter(prompt -> !prompt.isEmpty());
  }
}
