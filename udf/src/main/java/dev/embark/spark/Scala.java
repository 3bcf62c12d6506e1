package dev.embark.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import scala.PartialFunction;
import scala.Product;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractPartialFunction;

/** Where Java and Scala collections and functions meet; nothing of Embark. */
final class Scala {
  private Scala() {}

  static <T> Seq<T> seq(List<? extends T> list) {
    return CollectionConverters.<T>asScala(new ArrayList<T>(list)).toList();
  }

  static <T> List<T> list(scala.collection.Iterable<T> iterable) {
    List<T> list = new ArrayList<>();
    iterable.iterator().foreach(list::add);
    return list;
  }

  /** Equality of what Scala would make case classes: same class, equal elements in order. */
  static boolean equalProducts(Product a, Product b) {
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

  /** A function defined everywhere, where Spark's tree transformations ask for a partial one. */
  static <A, B> PartialFunction<A, B> everywhere(Function<A, B> function) {
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
