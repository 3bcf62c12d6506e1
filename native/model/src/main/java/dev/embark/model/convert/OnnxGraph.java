package dev.embark.model.convert;

import java.util.List;
import java.util.Map;

/**
 * What the conversion needs of an ONNX graph. Immutable.
 *
 * @param initializers the constants by name
 * @param matMuls the matrix products by the name of their node
 */
record OnnxGraph(Map<String, OnnxTensor> initializers, Map<String, List<String>> matMuls) {

  OnnxGraph {
    initializers = Map.copyOf(initializers);
    matMuls = Map.copyOf(matMuls);
  }

  boolean has(String initializer) {
    return initializers.containsKey(initializer);
  }

  /**
   * The initialiser of this name.
   *
   * @throws ConversionException when the graph has none
   */
  OnnxTensor initializer(String name) throws ConversionException {
    OnnxTensor tensor = initializers.get(name);
    if (tensor == null) {
      throw new ConversionException(
          "the ONNX model has no initialiser '"
              + name
              + "': it is not a BERT encoder exported"
              + " from PyTorch with its parameter names");
    }
    return tensor;
  }

  /**
   * The weight {@code [in, out]} that the product of this node multiplies with. The exporter folds
   * the transposition of a linear layer into its weight and drops the weight's name, so the node is
   * the only way to it.
   *
   * @throws ConversionException when there is no such product or it has not exactly one constant
   */
  OnnxTensor matMulWeight(String node) throws ConversionException {
    List<OnnxTensor> weights =
        matMuls.getOrDefault(node, List.of()).stream()
            .filter(initializers::containsKey)
            .map(initializers::get)
            .toList();
    if (weights.size() != 1) {
      throw new ConversionException(
          "the ONNX model has no MatMul node '"
              + node
              + "' with one weight: it is not a BERT"
              + " encoder exported from PyTorch, or it was optimised after its export");
    }
    return weights.get(0);
  }
}
