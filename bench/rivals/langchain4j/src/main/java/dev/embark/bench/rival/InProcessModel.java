package dev.embark.bench.rival;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.langchain4j.model.embedding.onnx.AbstractInProcessEmbeddingModel;
import dev.langchain4j.model.embedding.onnx.OnnxBertBiEncoder;
import dev.langchain4j.model.embedding.onnx.PoolingMode;
import java.io.IOException;
import java.io.InputStream;

/**
 * langchain4j's MiniLM, one for the process, which the tasks of Spark share. As it ships, each call
 * spreads over all cores and tasks get into each other's way; here a call has the task's thread.
 */
final class InProcessModel extends AbstractInProcessEmbeddingModel {
  private static final InProcessModel SHARED = new InProcessModel();

  private final OnnxBertBiEncoder encoder;

  private InProcessModel() {
    super(Runnable::run);
    try (InputStream graph = resource("all-minilm-l6-v2.onnx");
        InputStream tokenizer = resource("all-minilm-l6-v2-tokenizer.json");
        OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      options.setInterOpNumThreads(1);
      OrtEnvironment environment = OrtEnvironment.getEnvironment();
      encoder =
          new OnnxBertBiEncoder(
              environment,
              environment.createSession(graph.readAllBytes(), options),
              tokenizer,
              PoolingMode.MEAN);
    } catch (IOException | OrtException e) {
      throw new IllegalStateException("The model of langchain4j cannot be loaded.", e);
    }
  }

  static InProcessModel shared() {
    return SHARED;
  }

  private static InputStream resource(String name) {
    return AbstractInProcessEmbeddingModel.class.getResourceAsStream("/" + name);
  }

  @Override
  protected OnnxBertBiEncoder model() {
    return encoder;
  }
}
