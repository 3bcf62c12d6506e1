package dev.embark.spark.models;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.store.cache.StoredModel;

/** Rewrites errors of a model file to name the model by the user's URI. */
final class ModelErrors {
  private ModelErrors() {}

  /**
   * Replaces the path of the cached copy, which the user does not know, by the model's URI.
   *
   * @param uri the model's URI as in the option {@code model}
   */
  static EmbarkException named(EmbarkException e, StoredModel file, String uri) {
    String copy = file.path().toString();
    return e.getMessage().contains(copy) ? e.replacing(copy, uri) : e;
  }
}
