package dev.embark.spark.compat;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import scala.PartialFunction;
import scala.Product;
import scala.collection.immutable.$colon$colon;
import scala.collection.immutable.List$;
import scala.collection.immutable.Seq;
import scala.runtime.AbstractPartialFunction;

/**
 * Conversions between Java and Scala collections and functions.
 *
 * <p>Spark's {@code Seq} is {@code scala.collection.Seq} with Scala 2.12 and {@code
 * scala.collection.immutable.Seq} with 2.13. Methods accept the first, wider type and return the
 * second, so that the same source compiles with both.
 */
public final class Scala {
  private Scala() {}

  public static <T> Seq<T> seq(List<? extends T> list) {
    scala.collection.immutable.List<T> seq = List$.MODULE$.empty();
    for (int i = list.size() - 1; i >= 0; i--) {
      seq = new $colon$colon<T>(list.get(i), seq);
    }
    return seq;
  }

  public static <T> List<T> list(scala.collection.Iterable<T> iterable) {
    List<T> list = new ArrayList<>();
    iterable.iterator().foreach(list::add);
    return list;
  }

  /** Case-class equality: same class, equal elements in order. */
  public static boolean equalProducts(Product a, Product b) {
    if (a.getClass() != b.getClass()) {
      return false;
    }
    for (int i = 0; i < a.productArity(); i++) {
      if (!Objects.equals(a.productElement(i), b.productElement(i))) {
        return false;
      }
    }
    return true;
  }

  /** Wraps a total function for Spark's tree transformations, which require a partial function. */
  public static <A, B> PartialFunction<A, B> everywhere(Function<A, B> function) {
    return new AbstractPartialFunction<>() {
      @Override
      public B apply(A value) {
        return function.apply(value);
      }

      @Override
      public boolean isDefinedAt(A value) {
        return true;
      }
    };
  }
}
