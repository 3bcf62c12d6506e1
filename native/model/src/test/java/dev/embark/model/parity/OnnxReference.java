package dev.embark.model.parity;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.io.InputStream;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A sentence encoder as its authors run it: the ONNX graph in ONNX Runtime, ids from Hugging Face's
 * tokenizer, pooling here. Shares no code with llama.cpp.
 */
final class OnnxReference implements AutoCloseable {

  /** How token vectors become one. */
  enum Pooling {
    MEAN,
    CLS
  }

  private static final int MAX_TOKENS = 512;

  // It takes its libraries from here; those that it unpacks itself stay behind in the temporary
  // directory.
  private static final String LIBRARY_PATH = "onnxruntime.native.path";
  private static final List<String> LIBRARIES =
      List.of("libonnxruntime.so", "libonnxruntime4j_jni.so");

  private final Pooling pooling;
  private final HuggingFaceTokenizer tokenizer;
  private final OrtEnvironment environment;
  private final OrtSession session;

  /**
   * @param directory takes the native libraries
   */
  OnnxReference(Path onnx, Path tokenizerJson, Pooling pooling, Path directory)
      throws IOException, OrtException {
    System.setProperty(LIBRARY_PATH, unpack(directory).toString());
    // Its native library is in its jar; it has nothing to ask of the network.
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    System.setProperty("RUST_FLAVOR", "cpu");
    this.environment = OrtEnvironment.getEnvironment();
    this.pooling = pooling;
    this.tokenizer =
        HuggingFaceTokenizer.builder()
            .optTokenizerPath(tokenizerJson)
            .optAddSpecialTokens(true)
            .optTruncation(false)
            .optPadding(false)
            .build();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      // Waiting threads that spin take the processors that they wait for.
      options.addConfigEntry("session.intra_op.allow_spinning", "0");
      this.session = environment.createSession(onnx.toString(), options);
    }
  }

  private static Path unpack(Path directory) throws IOException {
    String platform =
        System.getProperty("os.arch").equals("aarch64") ? "linux-aarch64" : "linux-x64";
    Files.createDirectories(directory);
    for (String library : LIBRARIES) {
      Path copy = directory.resolve(library);
      if (!Files.exists(copy)) {
        String resource = "/ai/onnxruntime/native/" + platform + "/" + library;
        try (InputStream packed = OrtEnvironment.class.getResourceAsStream(resource)) {
          Files.copy(packed, copy);
        }
      }
    }
    return directory.toAbsolutePath();
  }

  /** Ids with the special tokens; those of a long text are its head and the last one. */
  int[] ids(String text) {
    long[] ids = tokenizer.encode(text).getIds();
    int n = Math.min(ids.length, MAX_TOKENS);
    int[] cut = new int[n];
    for (int i = 0; i < n; i++) {
      cut[i] = (int) ids[i];
    }
    cut[n - 1] = (int) ids[ids.length - 1];
    return cut;
  }

  /** For each token of a text, the characters up to its end; of special tokens null. */
  Integer[] ends(String text) {
    return Arrays.stream(tokenizer.encode(text).getCharTokenSpans())
        .map(span -> span == null ? null : span.getEnd())
        .toArray(Integer[]::new);
  }

  /** Vectors of length 1, one for each array of ids; arrays of similar length cost least. */
  float[][] embed(List<int[]> batch) throws OrtException {
    float[][][] hidden = tokens(batch);
    float[][] vectors = new float[batch.size()][];
    for (int row = 0; row < vectors.length; row++) {
      vectors[row] = pool(Arrays.copyOf(hidden[row], batch.get(row).length));
    }
    return vectors;
  }

  /** The vectors of the tokens of each array of ids, and of padding after them. */
  float[][][] tokens(List<int[]> batch) throws OrtException {
    int width = batch.stream().mapToInt(ids -> ids.length).max().orElseThrow();
    LongBuffer ids = LongBuffer.allocate(batch.size() * width);
    LongBuffer mask = LongBuffer.allocate(batch.size() * width);
    for (int row = 0; row < batch.size(); row++) {
      for (int i = 0; i < batch.get(row).length; i++) {
        ids.put(row * width + i, batch.get(row)[i]);
        mask.put(row * width + i, 1);
      }
    }
    long[] shape = {batch.size(), width};
    try (OnnxTensor inputIds = OnnxTensor.createTensor(environment, ids, shape);
        OnnxTensor attention = OnnxTensor.createTensor(environment, mask, shape);
        OnnxTensor types =
            OnnxTensor.createTensor(environment, LongBuffer.allocate(batch.size() * width), shape);
        OrtSession.Result result =
            session.run(
                Map.of(
                    "input_ids", inputIds,
                    "attention_mask", attention,
                    "token_type_ids", types))) {
      return (float[][][]) result.get(0).getValue();
    }
  }

  private float[] pool(float[][] tokens) {
    double[] sum = new double[tokens[0].length];
    int n = pooling == Pooling.CLS ? 1 : tokens.length;
    for (int token = 0; token < n; token++) {
      for (int i = 0; i < sum.length; i++) {
        sum[i] += tokens[token][i];
      }
    }
    double length = Math.sqrt(Arrays.stream(sum).map(x -> x * x).sum());
    float[] unit = new float[sum.length];
    for (int i = 0; i < unit.length; i++) {
      unit[i] = (float) (sum[i] / length);
    }
    return unit;
  }

  @Override
  public void close() throws OrtException {
    session.close();
    tokenizer.close();
  }
}
