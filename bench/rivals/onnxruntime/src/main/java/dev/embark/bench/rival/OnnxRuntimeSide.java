package dev.embark.bench.rival;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.embark.bench.side.Side;
import java.io.IOException;
import java.io.InputStream;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * ONNX Runtime on one thread, at its best: Hugging Face's tokenizer, batches of texts of similar
 * length, mean pooling out of its own buffer. The one argument names the graph among the resources.
 */
public final class OnnxRuntimeSide implements Side {
  private static final String TOKENIZER = "all-minilm-l6-v2-tokenizer.json";
  private static final String MAX_TOKENS = "512";
  // Texts that are sorted and tokenised together, as many as Embark's operator looks at.
  private static final int WINDOW = 4096;

  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final HuggingFaceTokenizer tokenizer;
  private final OrtSession session;

  /** Loads the graph. */
  public OnnxRuntimeSide(List<String> arguments) throws IOException, OrtException {
    // Its native library is in its jar; it has nothing to ask of the network.
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    System.setProperty("RUST_FLAVOR", "cpu");
    try (InputStream json = resource(TOKENIZER)) {
      tokenizer =
          HuggingFaceTokenizer.newInstance(
              json, Map.of("padding", "false", "truncation", "true", "maxLength", MAX_TOKENS));
    }
    try (InputStream graph = resource(arguments.get(0));
        OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      options.setInterOpNumThreads(1);
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
      session = environment.createSession(graph.readAllBytes(), options);
    }
  }

  private static InputStream resource(String name) throws IOException {
    InputStream in = OnnxRuntimeSide.class.getResourceAsStream("/" + name);
    if (in == null) {
      throw new IOException("There is no " + name + " on the class path.");
    }
    return in;
  }

  @Override
  public Work prepare(String name, List<String> texts, int batch) {
    return new Work() {
      @Override
      public long run() throws OrtException {
        return embed(texts, batch, new float[texts.size()][]);
      }

      @Override
      public float[][] vectors() throws OrtException {
        float[][] vectors = new float[texts.size()][];
        embed(texts, batch, vectors);
        return vectors;
      }
    };
  }

  private long embed(List<String> texts, int batch, float[][] vectors) throws OrtException {
    long tokens = 0;
    for (int start = 0; start < texts.size(); start += WINDOW) {
      List<String> window = texts.subList(start, Math.min(start + WINDOW, texts.size()));
      long[][] ids =
          Arrays.stream(tokenizer.batchEncode(window, true, false))
              .map(Encoding::getIds)
              .toArray(long[][]::new);
      Integer[] order = new Integer[ids.length];
      Arrays.setAll(order, i -> i);
      Arrays.sort(order, Comparator.comparingInt(i -> ids[i].length));
      for (int first = 0; first < order.length; first += batch) {
        Integer[] rows = Arrays.copyOfRange(order, first, Math.min(first + batch, order.length));
        encode(ids, rows, vectors, start);
      }
      tokens += Arrays.stream(ids).mapToLong(row -> row.length).sum();
    }
    return tokens;
  }

  /** Puts the vector of each row of the window at {@code vectors[start + row]}. */
  private void encode(long[][] ids, Integer[] rows, float[][] vectors, int start)
      throws OrtException {
    int width = ids[rows[rows.length - 1]].length; // the longest is the last
    long[] padded = new long[rows.length * width];
    long[] mask = new long[padded.length];
    for (int i = 0; i < rows.length; i++) {
      long[] row = ids[rows[i]];
      System.arraycopy(row, 0, padded, i * width, row.length);
      Arrays.fill(mask, i * width, i * width + row.length, 1);
    }
    long[] shape = {rows.length, width};
    try (OnnxTensor inputIds =
            OnnxTensor.createTensor(environment, LongBuffer.wrap(padded), shape);
        OnnxTensor attention = OnnxTensor.createTensor(environment, LongBuffer.wrap(mask), shape);
        OnnxTensor types =
            OnnxTensor.createTensor(environment, LongBuffer.wrap(new long[padded.length]), shape);
        OrtSession.Result result =
            session.run(
                Map.of(
                    "input_ids", inputIds,
                    "attention_mask", attention,
                    "token_type_ids", types))) {
      OnnxTensor hidden = (OnnxTensor) result.get(0);
      int dimensions = (int) hidden.getInfo().getShape()[2];
      float[] states = array(hidden.getFloatBuffer());
      for (int i = 0; i < rows.length; i++) {
        vectors[start + rows[i]] = mean(states, i * width, ids[rows[i]].length, dimensions);
      }
    }
  }

  private static float[] array(FloatBuffer buffer) {
    if (buffer.hasArray() && buffer.arrayOffset() == 0) {
      return buffer.array();
    }
    float[] copy = new float[buffer.remaining()];
    buffer.get(copy);
    return copy;
  }

  /** The mean of the token vectors, at length 1; a division by their number would cancel out. */
  private static float[] mean(float[] states, int firstToken, int tokens, int dimensions) {
    float[] sum = new float[dimensions];
    for (int token = firstToken; token < firstToken + tokens; token++) {
      for (int d = 0; d < dimensions; d++) {
        sum[d] += states[token * dimensions + d];
      }
    }
    double squares = 0;
    for (float value : sum) {
      squares += (double) value * value;
    }
    float scale = (float) (1 / Math.sqrt(squares));
    for (int d = 0; d < dimensions; d++) {
      sum[d] *= scale;
    }
    return sum;
  }

  @Override
  public void close() throws OrtException {
    session.close();
    tokenizer.close();
  }
}
