package dev.embark.model.convert;

import java.util.List;
import java.util.Map;

/**
 * The part of an ONNX graph that the conversion needs. Immutable.
 *
 * @param initializers constants by name
 * @param matMuls inputs of matrix products by node name
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
   * Returns the initialiser with this name.
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
   * Returns the weight {@code [in, out]} of a matrix product. The exporter folds the transposition
   * of a linear layer into its weight and drops the name of the weight, so the weight can only be
   * found through the node.
   *
   * @throws ConversionException when there is no such product, or it does not have exactly one
   *     constant
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
