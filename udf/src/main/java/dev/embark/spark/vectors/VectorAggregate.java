package dev.embark.spark.vectors;

import dev.embark.spark.compat.Scala;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.analysis.TypeCheckResult;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.expressions.aggregate.ImperativeAggregate;
import org.apache.spark.sql.catalyst.expressions.aggregate.TypedImperativeAggregate;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.types.DataType;
import scala.collection.immutable.Seq;
import scala.runtime.ScalaRunTime;

/**
 * Sum or average of the vectors of a group, added in double precision. Vectors that are NULL or
 * contain NULL are skipped; NULL if none is left.
 */
public final class VectorAggregate extends TypedImperativeAggregate<VectorAggregate.Sums>
    implements Serializable {
  private static final long serialVersionUID = 1L;

  private final VectorFunction function;
  private final Expression vector;
  private final int mutableAggBufferOffset;
  private final int inputAggBufferOffset;

  /** Public because Spark copies expressions by reflection. */
  public VectorAggregate(
      VectorFunction function,
      Expression vector,
      int mutableAggBufferOffset,
      int inputAggBufferOffset) {
    this.function = function;
    this.vector = vector;
    this.mutableAggBufferOffset = mutableAggBufferOffset;
    this.inputAggBufferOffset = inputAggBufferOffset;
  }

  /** The sums of the vectors so far. */
  static final class Sums {
    private double[] sums; // null before the first vector
    private long count;
  }

  @Override
  public Sums createAggregationBuffer() {
    return new Sums();
  }

  @Override
  public Sums update(Sums sums, InternalRow row) {
    ArrayData added = (ArrayData) vector.eval(row);
    if (added == null || FloatVectors.hasNull(added)) {
      return sums;
    }
    begin(sums, added.numElements());
    FloatVectors.addTo(sums.sums, added);
    sums.count++;
    return sums;
  }

  @Override
  public Sums merge(Sums sums, Sums added) {
    if (added.count == 0) {
      return sums;
    }
    begin(sums, added.sums.length);
    for (int i = 0; i < sums.sums.length; i++) {
      sums.sums[i] += added.sums[i];
    }
    sums.count += added.count;
    return sums;
  }

  private void begin(Sums sums, int length) {
    if (sums.sums == null) {
      sums.sums = new double[length];
    } else if (sums.sums.length != length) {
      throw VectorComputation.dimensionMismatch(function, sums.sums.length, length);
    }
  }

  @Override
  public Object eval(Sums sums) {
    if (sums.count == 0) {
      return null;
    }
    double divisor = function == VectorFunction.VECTOR_AVG ? sums.count : 1;
    float[] result = new float[sums.sums.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = (float) (sums.sums[i] / divisor);
    }
    return UnsafeArrayData.fromPrimitiveArray(result);
  }

  @Override
  public byte[] serialize(Sums sums) {
    int length = sums.count == 0 ? 0 : sums.sums.length;
    ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES + length * Double.BYTES).putLong(sums.count);
    for (int i = 0; i < length; i++) {
      bytes.putDouble(sums.sums[i]);
    }
    return bytes.array();
  }

  @Override
  public Sums deserialize(byte[] serialized) {
    ByteBuffer bytes = ByteBuffer.wrap(serialized);
    Sums sums = new Sums();
    sums.count = bytes.getLong();
    if (sums.count > 0) {
      sums.sums = new double[bytes.remaining() / Double.BYTES];
      for (int i = 0; i < sums.sums.length; i++) {
        sums.sums[i] = bytes.getDouble();
      }
    }
    return sums;
  }

  @Override
  public TypeCheckResult checkInputDataTypes() {
    return ArgumentTypes.check(vector);
  }

  @Override
  public DataType dataType() {
    return function.resultType();
  }

  @Override
  public boolean nullable() {
    return true;
  }

  @Override
  public int mutableAggBufferOffset() {
    return mutableAggBufferOffset;
  }

  @Override
  public int inputAggBufferOffset() {
    return inputAggBufferOffset;
  }

  @Override
  public ImperativeAggregate withNewMutableAggBufferOffset(int offset) {
    return new VectorAggregate(function, vector, offset, inputAggBufferOffset);
  }

  @Override
  public ImperativeAggregate withNewInputAggBufferOffset(int offset) {
    return new VectorAggregate(function, vector, mutableAggBufferOffset, offset);
  }

  @Override
  public String prettyName() {
    return function.sqlName();
  }

  @Override
  public Seq<Expression> children() {
    return Scala.seq(List.of(vector));
  }

  // Scala 2.12 and 2.13 declare different parameter types; both overloads exist, so neither is
  // annotated as an override.
  @SuppressWarnings("MissingOverride")
  public Expression withNewChildrenInternal(
      scala.collection.immutable.IndexedSeq<Expression> newChildren) {
    return with(newChildren.apply(0));
  }

  @SuppressWarnings("MissingOverride")
  public Expression withNewChildrenInternal(scala.collection.IndexedSeq<Expression> newChildren) {
    return with(newChildren.apply(0));
  }

  private Expression with(Expression newVector) {
    return new VectorAggregate(function, newVector, mutableAggBufferOffset, inputAggBufferOffset);
  }

  @Override
  public int productArity() {
    return 4;
  }

  @Override
  public Object productElement(int n) {
    return switch (n) {
      case 0 -> function;
      case 1 -> vector;
      case 2 -> mutableAggBufferOffset;
      case 3 -> inputAggBufferOffset;
      default -> throw new IndexOutOfBoundsException(n);
    };
  }

  @Override
  public boolean canEqual(Object that) {
    return that instanceof VectorAggregate;
  }

  @Override
  public boolean equals(Object that) {
    return that instanceof VectorAggregate other && Scala.equalProducts(this, other);
  }

  @Override
  public int hashCode() {
    return ScalaRunTime._hashCode(this);
  }
}
