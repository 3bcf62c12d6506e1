package dev.embark.model.convert;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * A constant of an ONNX graph.
 *
 * @param name name of the initialiser
 * @param shape row-major: the last dimension moves fastest
 * @param dataType ONNX number of the value type; 1 is float
 * @param external whether the values are stored in another file
 * @param data little-endian values, a view of the mapped model
 */
record OnnxTensor(String name, List<Long> shape, int dataType, boolean external, ByteBuffer data) {

  private static final int FLOAT = 1;

  /**
   * Returns the values as 32-bit floats in row-major order; a new view on every call.
   *
   * @throws ConversionException when the values have another type, are stored in another file, or
   *     do not match the shape in number
   */
  FloatBuffer floats() throws ConversionException {
    if (external) {
      throw new ConversionException(
          "the initialiser '" + name + "' is in another file: use an ONNX model in one file");
    }
    if (dataType != FLOAT) {
      throw new ConversionException(
          "the initialiser '"
              + name
              + "' has the ONNX data type "
              + dataType
              + " instead of 1 (float): use the ONNX model that is not quantised");
    }
    FloatBuffer floats = data.duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    if (data.remaining() != floats.remaining() * Float.BYTES || floats.remaining() != elements()) {
      throw new ConversionException(
          String.format(
              "the initialiser '%s' has %d bytes but its shape %s needs %d: the file is damaged",
              name, data.remaining(), shape, elements() * Float.BYTES));
    }
    return floats;
  }

  private long elements() {
    return shape.stream().reduce(1L, (a, b) -> a * b);
  }
}
