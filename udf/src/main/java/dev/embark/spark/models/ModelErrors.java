package dev.embark.spark.models;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.store.cache.StoredModel;

/** Errors of a model's file, which name the model as its user does. */
final class ModelErrors {
  private ModelErrors() {}

  /**
   * The error with the model's URI in place of the path of its copy, which its user never saw.
   *
   * @param uri as an option names the model
   */
  static EmbarkException named(EmbarkException e, StoredModel file, String uri) {
    String copy = file.path().toString();
    return e.getMessage().contains(copy)
        ? new EmbarkException(e.kind(), e.getMessage().replace(copy, uri), e)
        : e;
  }
}
