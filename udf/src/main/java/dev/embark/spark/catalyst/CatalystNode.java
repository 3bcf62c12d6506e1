package dev.embark.spark.catalyst;

import scala.Product;

/**
 * The methods of {@link Product} that Scala generates for a case class, for the plans and
 * expressions that are written in Java. An interface, since Spark prescribes a superclass for each
 * of them.
 */
public interface CatalystNode extends Product {
  /** The arguments of the constructor, in its order: Spark copies a node by reflection. */
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
