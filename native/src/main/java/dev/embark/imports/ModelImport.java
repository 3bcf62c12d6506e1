package dev.embark.imports;

import com.fasterxml.jackson.databind.JsonNode;
import dev.embark.gguf.GgufValue;
import dev.embark.gguf.GgufWriter;
import dev.embark.imports.SentenceModules.Dense;
import dev.embark.imports.rerank.AnswerTokens;
import dev.embark.imports.rerank.Reranker;
import dev.embark.imports.rerank.ScoreHead;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * Converts a model folder, in the layout of sentence-transformers or of plain transformers, to one
 * GGUF file. Memory holds the tokenizer and a piece of one tensor. The same files give the same
 * bytes. Stateless and thread-safe.
 *
 * <p>Next to llama.cpp's own keys the file has:
 *
 * <pre>
 *  embark.source.sha256    SHA-256 over the weight files' own SHA-256, in the order of their names
 *  embark.prompt.query     the prompt for queries, if the folder has one
 *  embark.prompt.document  the prompt for documents, if the folder has one
 *  embark.prefix           the prompt of every text, if the folder names a default one
 *  embark.normalize        none, if the folder has modules and does not scale vectors
 *  embark.tokenizer.nfc    whether texts are composed before they are cut into byte pairs
 *  embark.score.activation none, if a reranker's score is taken without a sigmoid
 *  embark.pair.separators  closing tokens between the two texts of a reranker's pair
 *  embark.pair.offset      added to the token ids of the second text, for its token type
 *  embark.pair.instruction the part of a reranker's prompt that an option replaces
 *  embark.tokenizer.spaces what a unigram tokenizer does with white space: split, trim, merge, keep
 * </pre>
 */
public final class ModelImport {
  /** Version of the conversion; part of the identity of a converted model in the cache. */
  public static final int VERSION = 3;

  private static final long QUANTIZATION_VERSION = 2;
  private static final int BUFFER_BYTES = 1 << 17;
  private static final int MOST_TEMPLATE_BYTES = 1 << 20;

  private ModelImport() {}

  /**
   * Converts a folder.
   *
   * @param root a local folder with the files of {@link FolderFiles#needed}
   * @param name of the model, for its metadata
   * @param target is created or overwritten; contains an unusable part after a failure
   * @throws ImportException that says what cannot be imported, and what to do
   */
  public static void convert(Path root, String name, ImportType type, Path target)
      throws IOException {
    convert(root, name, type, false, target);
  }

  /**
   * Converts a folder as above.
   *
   * @param isReranker whether a decoder that does not say so answers yes or no, as Qwen3-Reranker
   */
  public static void convert(
      Path root, String name, ImportType type, boolean isReranker, Path target) throws IOException {
    ModelFolder folder = new ModelFolder(root);
    SentenceModules modules = SentenceModules.read(folder);
    String module = modules.transformer();
    JsonNode config = folder.json(module + FolderFiles.CONFIG);
    if (!config.isObject()) {
      throw new ImportException("the folder has no " + module + FolderFiles.CONFIG);
    }
    Architecture architecture = Architectures.of(new Config(config));
    TokenizerFiles tokenizer = TokenizerFiles.read(folder, module);
    Optional<Reranker> reranker =
        reranker(folder, new Config(config), architecture, tokenizer, modules, isReranker);
    int context =
        Math.min(
            modules
                .maxTokens()
                .orElse(tokenizer.maxTokens().orElse(architecture.sizes().context())),
            architecture.sizes().context());
    try (Weights weights = Weights.open(folder, module)) {
      for (Dense layer : modules.dense()) {
        weights.addModule(layer.module());
      }
      GgufWriter gguf = new GgufWriter();
      TensorPlan plan = new TensorPlan(weights, gguf, type, architecture.prefix(weights));
      int rows = Math.toIntExact(plan.height(architecture.tokens(), architecture.sizes().width()));
      gguf.put("general.architecture", GgufValue.string(architecture.name()))
          .put("general.type", GgufValue.string("model"))
          .put("general.name", GgufValue.string(name));
      folder
          .license()
          .forEach(
              (key, value) ->
                  gguf.put("general." + key.replace('_', '.'), GgufValue.string(value)));
      gguf.put("general.file_type", GgufValue.uint32(type.fileType()))
          .put("general.quantization_version", GgufValue.uint32(QUANTIZATION_VERSION))
          .put("embark.source.sha256", GgufValue.string(sha256(folder, weights)));
      architecture.putSizes(gguf, context);
      architecture.put(gguf);
      reranker.ifPresentOrElse(
          found -> found.put(gguf, architecture.name()),
          () -> putModules(gguf, architecture, modules));
      boolean typed =
          reranker.filter(Reranker::hasTypes).isPresent() && architecture.tokenTypes().isPresent();
      int copies = typed ? 2 : 1;
      TokenizerImport.put(gguf, folder, module, tokenizer, rows, copies, modules.lowercases());

      int width = architecture.sizes().width();
      if (typed) {
        gguf.put("embark.pair.offset", GgufValue.uint32(rows));
        String types = architecture.tokenTypes().orElseThrow();
        plan.tokensOfPairs("token_embd.weight", architecture.tokens(), types, rows, width);
      } else {
        plan.matrix("token_embd.weight", architecture.tokens(), rows, width);
      }
      architecture.add(plan, context);
      if (reranker.isPresent()) {
        addHead(plan, architecture, new Config(config), reranker.get());
      }
      plan.checkAllUsed(tensor -> Weights.isOfModule(tensor) || architecture.isUnneeded(tensor));
      addDense(gguf, architecture, modules, weights, type);
      try (FileChannel channel =
          FileChannel.open(
              target,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        gguf.writeTo(channel);
        channel.force(true);
      }
    } catch (ArithmeticException | IllegalArgumentException e) {
      throw new ImportException("its sizes do not fit together (" + e.getMessage() + ")", e);
    }
  }

  /** Returns how a folder scores pairs; empty if it does not. */
  private static Optional<Reranker> reranker(
      ModelFolder folder,
      Config config,
      Architecture architecture,
      TokenizerFiles tokenizer,
      SentenceModules modules,
      boolean isAsked)
      throws IOException {
    String module = modules.transformer();
    Reranker.Source source =
        new Reranker.Source(
            config.root(),
            folder.json("config_sentence_transformers.json"),
            folder.json(module + "sentence_bert_config.json"),
            tokenizer.tokenizer(),
            tokenizer.config(),
            folder.text(module + "chat_template.jinja", MOST_TEMPLATE_BYTES),
            folder.readme(),
            modules.answers(),
            modules.defaultPrompt().map(modules.prompts()::get),
            architecture.isDecoder() && tokenizer.around().isEmpty());
    boolean pools = modules.pooling().isPresent();
    Optional<Reranker> reranker =
        pools && architecture.isDecoder() && !ScoreHead.isDescribedBy(config.root())
            ? Optional.empty()
            : Reranker.of(source, architecture.isDecoder(), isAsked);
    if (reranker.isEmpty() && isAsked) {
      throw new ImportException(
          "it is no reranker: it is not a Qwen3ForCausalLM with the tokens yes and no and without"
              + " a pooling; import it as it is");
    }
    Optional<String> obstacle = reranker.flatMap(Reranker::obstacle);
    if (obstacle.isPresent()) {
      throw new ImportException(obstacle.get());
    }
    if (reranker.isPresent()
        && (pools || (modules.defaultPrompt().isPresent() && !architecture.isDecoder()))) {
      throw new ImportException(
          "its config.json describes a reranker, but it has the pooling or the prompt of an"
              + " embedding model; use one or the other");
    }
    return reranker;
  }

  /** Adds the head of a reranker. */
  private static void addHead(
      TensorPlan plan, Architecture architecture, Config config, Reranker reranker)
      throws ImportException {
    if (reranker.answers().isEmpty()) {
      architecture.addHead(plan.withoutPrefix(), plan);
      return;
    }
    AnswerTokens answers = reranker.answers().get();
    boolean tied = config.flag("tie_word_embeddings", false);
    (tied ? plan : plan.withoutPrefix())
        .twoRows(
            "cls.output.weight",
            tied ? architecture.tokens() : "lm_head.weight",
            answers.yes(),
            answers.no(),
            architecture.sizes().width());
  }

  private static void putModules(
      GgufWriter gguf, Architecture architecture, SentenceModules modules) {
    modules.pooling().ifPresent(pooling -> architecture.put(gguf, "pooling_type", pooling));
    if (modules.normalize().filter(normalize -> !normalize).isPresent()) {
      gguf.put("embark.normalize", GgufValue.string("none"));
    }
    modules
        .prompt(true)
        .ifPresent(prompt -> gguf.put("embark.prompt.query", GgufValue.string(prompt)));
    modules
        .prompt(false)
        .ifPresent(prompt -> gguf.put("embark.prompt.document", GgufValue.string(prompt)));
    modules
        .defaultPrompt()
        .map(modules.prompts()::get)
        .filter(prompt -> !prompt.isEmpty())
        .ifPresent(prompt -> gguf.put("embark.prefix", GgufValue.string(prompt)));
  }

  /** Adds the linear layers after the pooling, which llama.cpp has for one architecture. */
  private static void addDense(
      GgufWriter gguf,
      Architecture architecture,
      SentenceModules modules,
      Weights weights,
      ImportType type)
      throws ImportException {
    List<Dense> layers = modules.dense();
    if (layers.isEmpty()) {
      return;
    }
    int width = architecture.sizes().width();
    if (!(architecture instanceof GemmaEmbedding)
        || layers.size() != 2
        || layers.get(0).in() != width
        || layers.get(1).out() != width) {
      throw new ImportException(
          "its module "
              + layers.get(0).module()
              + " is a dense layer, and llama.cpp has two of them for EmbeddingGemma alone; use"
              + " another model");
    }
    for (int i = 0; i < layers.size(); i++) {
      Dense layer = layers.get(i);
      // llama.cpp counts modules from 0: transformer, pooling, dense layers.
      String name = "dense_" + (i + 2);
      architecture.put(gguf, name + "_feat_in", layer.in());
      architecture.put(gguf, name + "_feat_out", layer.out());
      new TensorPlan(weights, gguf, type, layer.module())
          .matrix(name + ".weight", "linear.weight", layer.out(), layer.in());
    }
  }

  private static String sha256(ModelFolder folder, Weights weights) throws IOException {
    MessageDigest all = digest();
    for (String file : weights.files()) {
      MessageDigest one = digest();
      byte[] buffer = new byte[BUFFER_BYTES];
      try (InputStream in = Files.newInputStream(folder.file(file))) {
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
          one.update(buffer, 0, n);
        }
      }
      if (weights.files().size() == 1) {
        return HexFormat.of().formatHex(one.digest());
      }
      all.update(one.digest());
    }
    return HexFormat.of().formatHex(all.digest());
  }

  private static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
