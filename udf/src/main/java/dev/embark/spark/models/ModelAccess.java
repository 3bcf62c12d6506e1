package dev.embark.spark.models;

import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.rows.Condition;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.imports.ImportType;
import dev.embark.store.ModelPlaces;
import dev.embark.store.ModelStore;
import dev.embark.store.cache.StoredModel;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkEnv;
import org.apache.spark.SparkFiles;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.apache.spark.sql.internal.SQLConf;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a task needs to reach models as the driver's session does: Hadoop settings that were changed
 * after the application's start, and where the driver serves a model that it converted. Created on
 * the driver and serialised to tasks.
 *
 * @param hadoop keys and values, which may include credentials and are never logged
 * @param served Spark's URL of the model at the driver; empty if executors fetch it themselves
 */
public record ModelAccess(Map<String, String> hadoop, String served) implements Serializable {
  private static final Logger LOG = LoggerFactory.getLogger(ModelAccess.class);
  private static final String SPARK = "spark.";

  /** No changes to the application's settings. */
  public static final ModelAccess NONE = new ModelAccess(Map.of());

  /** The settings alone. */
  public ModelAccess(Map<String, String> hadoop) {
    this(hadoop, "");
  }

  /** The settings of the running session, if the model needs Hadoop. Called on the driver. */
  public static ModelAccess ofSession(SparkContext context, String model) {
    if (!ModelPlaces.needsHadoop(model)) {
      return NONE;
    }
    Configuration atStart = SparkHadoopUtil.get().newConfiguration(context.conf());
    Map<String, String> changed = new TreeMap<>();
    for (Map.Entry<String, String> entry : context.hadoopConfiguration()) {
      if (!entry.getValue().equals(atStart.getRaw(entry.getKey()))) {
        changed.put(entry.getKey(), entry.getValue());
      }
    }
    SQLConf.get()
        .getAllConfs()
        .foreach(
            entry -> {
              if (!entry._1().startsWith(SPARK)) {
                changed.put(entry._1(), entry._2());
              }
              return null;
            });
    return new ModelAccess(changed);
  }

  /**
   * Fetches the model of the options to this machine.
   *
   * @return to be closed by the caller
   * @throws EmbarkException of kind MODEL if the model cannot be fetched
   */
  StoredModel open(FunctionOptions options, ModelStore store) {
    if (!served.isEmpty() && options.modelSha256().isPresent()) {
      String sha256 = options.modelSha256().get();
      return store.open(options.model(), sha256, new DriverFile(served, sha256));
    }
    return store.open(options.model(), options.modelSha256(), places());
  }

  /**
   * Adds the hash of the model as the driver sees it to the options, so that an executor that finds
   * different content under the same name refuses it. Returns the options unchanged if the driver
   * cannot access the model; the tasks then report the failure, if there is one.
   *
   * @throws EmbarkException of kind MODEL if the driver cannot access the model of a web server,
   *     since each executor would use the server's version at that moment, or of the Hub, unless it
   *     is offline, or if the model is a folder that cannot be converted
   */
  public FunctionOptions pinned(FunctionOptions options, ModelStore store) {
    if (options.modelSha256().isPresent()) {
      return options;
    }
    try {
      return options.with(Map.of("modelSha256", store.sha256(options.model(), places())));
    } catch (EmbarkException e) {
      if (store.needsServer(options.model()) || e.condition() == Condition.MODEL_NOT_IMPORTED) {
        throw e;
      }
      LOG.info(
          "Executors do not verify the model's hash, because the driver cannot access it: {}",
          e.getMessage());
      return options;
    }
  }

  /**
   * Returns an access by which executors fetch the driver's conversion of a model folder, or its
   * copy of a model that the Hub gives out for a token only. Returns this access for other models,
   * and where the driver is the only executor.
   *
   * @param options with the hash of the model, as {@link #pinned} returns them
   */
  public ModelAccess serving(FunctionOptions options, ModelStore store) {
    SparkEnv env = SparkEnv.get();
    if (env == null
        || ExecutorModels.isAlone(env.conf())
        || options.modelSha256().isEmpty()
        || !store.isFetchedByDriver(options.model(), places())) {
      return this;
    }
    return new ModelAccess(hadoop, DriverFile.serve(env, open(options, store)));
  }

  /**
   * Converts the model folder of the options to a GGUF file outside the cache.
   *
   * @throws EmbarkException of kind MODEL if the model is no folder or cannot be converted
   */
  void importTo(
      FunctionOptions options, ModelStore store, ImportType type, boolean isReranker, Path target) {
    store.importTo(options.model(), type, isReranker, target, places());
  }

  /**
   * The SHA-256 of the options' model, in lower-case hex.
   *
   * @throws EmbarkException of kind MODEL if the model cannot be fetched
   */
  String sha256(FunctionOptions options, ModelStore store) {
    return store.sha256(options.model(), places());
  }

  /**
   * The local file that the model of the options is, without fetching anything; empty for a model
   * of another place.
   *
   * @throws EmbarkException of kind MODEL if there is no such file
   */
  Optional<Path> local(FunctionOptions options) {
    return ModelStore.local(options.model(), places());
  }

  private ModelPlaces places() {
    SparkConf conf = SparkEnv.get() == null ? new SparkConf() : SparkEnv.get().conf();
    Configuration configuration = SparkHadoopUtil.get().newConfiguration(conf);
    hadoop.forEach(configuration::set);
    return new ModelPlaces(ModelAccess::shipped, configuration);
  }

  private static Optional<Path> shipped(String name) {
    return SparkEnv.get() == null
        ? Optional.empty()
        : Optional.of(Path.of(SparkFiles.get(name))).filter(Files::exists);
  }

  @Override
  public String toString() {
    return "ModelAccess" + hadoop.keySet(); // the default of a record would expose credentials
  }
}
