package dev.embark.spark;

import dev.embark.engine.EmbeddingException;
import dev.embark.store.StoredModel;

/** Errors of a model's file, which name the model as its user does. */
final class ModelErrors {
  private ModelErrors() {}

  /**
   * The error with the model's URI in place of the path of its copy, which its user never saw.
   *
   * @param uri as an option names the model
   */
  static EmbeddingException named(EmbeddingException e, StoredModel file, String uri) {
    String copy = file.path().toString();
    return e.getMessage().contains(copy)
        ? new EmbeddingException(e.kind(), e.getMessage().replace(copy, uri), e)
        : e;
  }
}
