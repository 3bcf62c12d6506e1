package dev.embark.spark.catalyst;

import scala.Product;

/**
 * Implements {@link Product} for plan nodes and expressions written in Java, as Scala does for a
 * case class. An interface, since Spark prescribes the superclass of each node.
 */
public interface CatalystNode extends Product {
  /** The constructor's arguments in order, from which Spark copies the node by reflection. */
  Object[] fields();

  @Override
  default int productArity() {
    return fields().length;
  }

  @Override
  default Object productElement(int n) {
    return fields()[n];
  }

  @Override
  default boolean canEqual(Object that) {
    return that != null && that.getClass() == getClass();
  }
}
