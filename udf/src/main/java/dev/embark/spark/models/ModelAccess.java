package dev.embark.spark.models;

import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.rows.EmbarkException;
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
 * What a task needs to reach models as the session on the driver does: Hadoop settings that were
 * made after the application's start. The driver makes it and sends it along.
 *
 * @param hadoop keys and values, credentials perhaps among them; never told
 */
public record ModelAccess(Map<String, String> hadoop) implements Serializable {
  private static final Logger LOG = LoggerFactory.getLogger(ModelAccess.class);
  private static final String SPARK = "spark.";

  /** As the application was started. */
  public static final ModelAccess NONE = new ModelAccess(Map.of());

  /** Of the running session, as far as a model needs it; on the driver. */
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
   * Gets the model of some options onto this machine.
   *
   * @return to be closed by the caller
   * @throws EmbarkException of kind MODEL when it cannot be had
   */
  StoredModel open(FunctionOptions options, ModelStore store) {
    return store.open(options.model(), options.modelSha256(), places());
  }

  /**
   * The options with the hash of the model as the driver sees it, so that an executor that finds
   * another content under the same name refuses it. Unchanged where the driver cannot see the
   * model; then the tasks tell what is wrong, if anything is.
   *
   * @throws EmbarkException of kind MODEL when the driver cannot see the model of a web server:
   *     each executor would take the version that the server has just then
   */
  public FunctionOptions pinned(FunctionOptions options, ModelStore store) {
    if (options.modelSha256().isPresent()) {
      return options;
    }
    try {
      return options.with(Map.of("modelSha256", store.sha256(options.model(), places())));
    } catch (EmbarkException e) {
      if (ModelPlaces.isWeb(options.model())) {
        throw e;
      }
      LOG.info("Executors cannot be told the model's hash: {}", e.getMessage());
      return options;
    }
  }

  /**
   * What the model of some options hashes to, lower-case hex.
   *
   * @throws EmbarkException of kind MODEL when it cannot be had
   */
  String sha256(FunctionOptions options, ModelStore store) {
    return store.sha256(options.model(), places());
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
    return "ModelAccess" + hadoop.keySet(); // a record's own would tell credentials
  }
}
