package dev.embark.bench.rival;

import com.johnsnowlabs.nlp.DocumentAssembler;
import com.johnsnowlabs.nlp.embeddings.E5Embeddings;
import com.johnsnowlabs.nlp.embeddings.E5Embeddings$;
import dev.embark.bench.side.Side;
import dev.embark.bench.side.SparkTexts;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Spark NLP's sentence embeddings in a local Spark. Of its annotators for ONNX models that of E5
 * pools and scales as MiniLM does, by the mean and to length 1. Arguments: a folder for its files,
 * and the cores.
 */
public final class SparkNlpSide implements Side {
  private static final int MAX_TOKENS = 512;
  private static final int BATCH = 8; // its default

  private final Path folder;
  private final int cores;
  private final SparkSession spark;
  private final E5Embeddings embeddings;
  private final DocumentAssembler documents;

  /** Starts Spark and loads the model. */
  public SparkNlpSide(List<String> arguments) throws IOException {
    folder = Path.of(arguments.get(0));
    cores = Integer.parseInt(arguments.get(1));
    spark = SparkTexts.start(cores, folder);
    spark.conf().set("spark.jsl.settings.onnx.intraOpNumThreads", "1");
    spark.conf().set("spark.jsl.settings.onnx.interOpNumThreads", "1");
    documents = new DocumentAssembler();
    documents.setInputCol("text");
    documents.setOutputCol("document");
    embeddings = E5Embeddings$.MODULE$.loadSavedModel(modelFolder().toString(), spark, false);
    embeddings.setInputCols(new String[] {"document"});
    embeddings.setOutputCol("vectors");
    embeddings.setMaxSentenceLength(MAX_TOKENS);
    embeddings.setBatchSize(BATCH);
  }

  /** The graph and the vocabulary where Spark NLP looks for them, under the names it expects. */
  private Path modelFolder() throws IOException {
    Path model = folder.resolve("model");
    Files.createDirectories(model.resolve("assets"));
    try (OutputStream graph = Files.newOutputStream(model.resolve("model.onnx"));
        InputStream original = resource("all-minilm-l6-v2.onnx")) {
      original.transferTo(graph);
      graph.write(RenamedOutput.suffix("output_0", "last_hidden_state"));
    }
    try (InputStream vocabulary = resource("bert-vocabulary-en.txt")) {
      Files.copy(vocabulary, model.resolve("assets/vocab.txt"));
    }
    return model;
  }

  private static InputStream resource(String name) throws IOException {
    InputStream in = SparkNlpSide.class.getResourceAsStream("/" + name);
    if (in == null) {
      throw new IOException("There is no " + name + " on the class path.");
    }
    return in;
  }

  @Override
  public Work prepare(String name, List<String> texts, int batch) {
    Path input = SparkTexts.write(spark, folder, name, texts, cores);
    return new Work() {
      @Override
      public long run() {
        SparkTexts.consume(embedded());
        return TOKENS_UNKNOWN;
      }

      @Override
      public float[][] vectors() {
        return SparkTexts.vectors(embedded());
      }

      private Dataset<Row> embedded() {
        return embeddings
            .transform(documents.transform(spark.read().parquet(input.toString())))
            .selectExpr("id", "vectors[0].embeddings AS embedding");
      }
    };
  }

  @Override
  public void close() {
    spark.stop();
  }
}
